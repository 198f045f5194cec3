// `leat chat`: a chat client for a terminal or a pipe.
#pragma once

#include <string>

namespace cli {

struct chat_options {
  std::string room;    ///< with or without its '#'; empty: #lobby
  std::string server;  ///< "host:port"
  std::string nick;    ///< empty: the name of the user who runs it
};

/// Chats until the person leaves or what was piped in has been said. Returns the exit code.
int chat(const chat_options& options);

}  // namespace cli
