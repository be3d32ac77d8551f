// The exceptions of the functional API: one family, with Keras's names and wording.
#pragma once

#include <stdexcept>

namespace keratin::functional {

/// The base of all that the functional API throws.
class Exception : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Shapes, arguments or data that do not fit; raised where the graph is built.
class ValueError : public Exception {
 public:
  using Exception::Exception;
};

/// Something of another kind than is wanted: an array of strings where numbers are.
class TypeError : public Exception {
 public:
  using Exception::Exception;
};

/// What a layer does not have (yet): its input before a call, one input shape of several.
class AttributeError : public Exception {
 public:
  using Exception::Exception;
};

/// What Keras has and Keratin refuses.
class NotImplementedError : public Exception {
 public:
  using Exception::Exception;
};

/// A file that cannot be read or written.
class OSError : public Exception {
 public:
  using Exception::Exception;
};

}  // namespace keratin::functional
