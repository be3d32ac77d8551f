// Problems: everything that is wrong with the user's model, collected so that one run reports it all.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

namespace keratin {

class Problems {
 public:
  /// Adds one problem; the same text is kept once.
  void add(std::string message);
  bool empty() const { return messages_.empty(); }
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  std::vector<std::string> messages_;
  std::unordered_set<std::string> known_;  // a broken file may have very many
};

}  // namespace keratin
