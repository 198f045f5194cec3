// `leat talk`: two people at two terminals, line by line. `nc` is a good enough other side.
//
// A line of "##", from either side, ends the conversation; who listens then takes the next caller. The end of
// input ends our direction only: what the other side still says is shown.
#pragma once

#include <string>

namespace cli {

struct talk_options {
  std::string address;  ///< "host:port"
  bool listen = false;  ///< wait for callers there, instead of calling
};

/// Talks until the conversation or the input ends. Returns the exit code.
int talk(const talk_options& options);

}  // namespace cli
