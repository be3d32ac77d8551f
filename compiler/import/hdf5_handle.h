// What every use of libhdf5 here needs: ids that close themselves, and one caller at a time, since the library is not safe for threads.
#pragma once

#include <hdf5.h>

#include <mutex>
#include <utility>

namespace keratin {

/// Closes an id of libhdf5.
class Hdf5Handle {
 public:
  Hdf5Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Hdf5Handle() {
    if (id_ >= 0) close_(id_);
  }
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;
  bool ok() const { return id_ >= 0; }
  hid_t id() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// To be held while libhdf5 is used. Recursive: one file is written while another is read.
std::recursive_mutex& hdf5_library();

}  // namespace keratin
