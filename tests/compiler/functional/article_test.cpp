#include "article.h"

#include <fstream>
#include <iterator>

namespace article {

TEST_CASE("every recorded fact of Keras holds in the functional API") {
  std::ifstream file(KERATIN_ARTICLE);
  const keratin::Result<Json> parsed = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  REQUIRE(parsed.ok());
  Checks checks = graph_checks();
  checks.merge(layer_checks());
  checks.merge(training_checks());
  fn::set_engine(fn::Engine::reference);
  fn::set_random_seed(1);
  for (const Json& entry : parsed->as_array()) {
    const std::string id = at(entry, "id").as_string();
    INFO(id << ": " << at(entry, "what").as_string());
    const auto check = checks.find(id);
    REQUIRE(check != checks.end());
    fn::clear_session();
    REQUIRE_NOTHROW(check->second(at(entry, "expect")));
    checks.erase(check);
  }
  CHECK(checks.empty());  // none without an entry
}

}  // namespace article
