// Automatic names and seeds: the state of the process that Keras keeps in its session.
#include <map>
#include <mutex>
#include <random>

#include "compiler/functional/state.h"
#include "compiler/import/bind_weights.h"

namespace keratin::functional {

namespace {

struct Session {
  std::mutex mutex;
  std::map<std::string, int> names;
  std::optional<uint64_t> seed;  // of the stream; absent: not drawn yet
  uint64_t drawn = 0;
};

Session& session() {
  static Session the;
  return the;
}

}  // namespace

std::string automatic_name(const std::string& class_name) {
  Session& the = session();
  const std::lock_guard lock(the.mutex);
  const std::string stem = snake_case(class_name);
  const int number = the.names[stem]++;
  return number == 0 ? stem : stem + "_" + std::to_string(number);
}

SessionNames::SessionNames() {
  const std::lock_guard lock(session().mutex);
  names_ = session().names;
}
SessionNames::~SessionNames() {
  const std::lock_guard lock(session().mutex);
  session().names = std::move(names_);
}

uint64_t next_seed() {
  Session& the = session();
  const std::lock_guard lock(the.mutex);
  if (!the.seed) the.seed = (uint64_t{std::random_device{}()} << 32) ^ std::random_device{}();
  uint64_t mixed = *the.seed + 0x9E3779B97F4A7C15u * ++the.drawn;  // splitmix64
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  return (mixed ^ (mixed >> 31)) >> 11;
}

void clear_session() {
  Session& the = session();
  const std::lock_guard lock(the.mutex);
  the.names.clear();
}

void set_random_seed(uint64_t seed) {
  Session& the = session();
  const std::lock_guard lock(the.mutex);
  the.seed = seed;
  the.drawn = 0;
}

}  // namespace keratin::functional
