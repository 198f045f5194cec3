#include <fmt/format.h>

#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <cli/command_line.hpp>
#include <cli/outcome.hpp>
#include <cli/url.hpp>
#include <cli/visible_text.hpp>

namespace cli {
namespace {

constexpr const char* default_server = "127.0.0.1:8667";
constexpr unsigned most_jobs = 64;

// An option whose text is an address, checked and completed when it is read.
CLI::Option* add_server(CLI::App& sub, const std::string& names, std::string& into, const std::string& help) {
  into = default_server;
  return sub.add_option(names, into, help)
      ->type_name("HOST:PORT")
      ->envname("LEAT_SERVER")
      ->capture_default_str()
      ->transform([](const std::string& text) {
        auto address = parse_server(text);
        if (!address) throw CLI::ValidationError(address.error());
        return *address;
      });
}

void add_jobs(CLI::App& sub, unsigned& into) {
  sub.add_option("-j,--jobs", into, "how many at once")
      ->type_name("N")
      ->check(CLI::Range(1U, most_jobs).description(""))
      ->capture_default_str();
}

CLI::App* add_chat(CLI::App& app, chat_options& options) {
  CLI::App* sub = app.add_subcommand("chat", "Talk in a room, at a terminal or through a pipe");
  sub->add_option("ROOM", options.room, "the room to enter, with or without its #; #lobby if none is named")
      ->type_name("");
  add_server(*sub, "-s,--server", options.server, "the server");
  sub->add_option("-n,--nick", options.nick, "what to be called; your user name if not given")
      ->type_name("NAME");
  sub->footer(
      "At a terminal: what you type is said in the room; /help lists the commands, Tab completes names.\n"
      "In a pipe: each line of input is said; leaves when all of it has been confirmed by the server.\n"
      "When the connection breaks it is made again, and what was missed is shown.");
  return sub;
}

CLI::App* add_put(CLI::App& app, put_options& options) {
  CLI::App* sub = app.add_subcommand("put", "Upload files");
  sub->add_option("FILE", options.files, "what to upload")->required()->type_name("");
  options.server = default_server;
  sub->add_option_function<std::string>(
         "-t,--to,-s,--server",
         [&options](const std::string& text) {
           auto where = parse_destination(text);
           if (!where) throw CLI::ValidationError("--to", where.error());
           options.server = where->address;
           if (!where->room.empty()) options.room = where->room;
         },
         "the server, or the URL of a room on it")
      ->type_name("HOST:PORT|URL")
      ->envname("LEAT_SERVER")
      ->default_str(default_server);
  sub->add_option("-r,--room", options.room, "the room that the files are for; it is told of them")
      ->type_name("ROOM");
  sub->add_option("--as", options.as, "the name that the file gets there, if it is only one")
      ->type_name("NAME");
  add_jobs(*sub, options.jobs);
  sub->footer("Prints the URL of each file. A file of the same name is replaced.");
  return sub;
}

CLI::App* add_get(CLI::App& app, get_options& options) {
  CLI::App* sub = app.add_subcommand("get", "Download files");
  sub->add_option("NAME|URL", options.names, "names of files on the server, or http:// URLs")
      ->required()
      ->type_name("");
  add_server(*sub, "-s,--server", options.server, "the server, for names");
  sub->add_option("-r,--room", options.room, "the room that the files are in")->type_name("ROOM");
  sub->add_flag("-c,--continue", options.resume, "go on where an interrupted download stopped");
  sub->add_option("-o,--output", options.output, "the file to write, if it is only one, or a directory")
      ->type_name("FILE|DIR");
  sub->add_flag("-f,--force", options.force, "replace files that exist");
  add_jobs(*sub, options.jobs);
  sub->footer(
      "A file is written beside its name, as NAME.part, and gets its name when it is complete and verified.\n"
      "A download that breaks off goes on by itself; after an interruption -c goes on with the .part file,\n"
      "unless the file has changed on the server meanwhile: then it starts anew, and says so.");
  return sub;
}

CLI::App* add_ls(CLI::App& app, ls_options& options) {
  CLI::App* sub = app.add_subcommand("ls", "List files on the server");
  sub->add_option("ROOM", options.room,
                  "the room whose files to list, or its URL; without it those of no room")
      ->type_name("");
  add_server(*sub, "-s,--server", options.server, "the server");
  CLI::Option* names = sub->add_flag("-n,--names", options.names, "names only, one a line");
  sub->add_flag("--json", options.json, "the list as JSON")->excludes(names);
  return sub;
}

struct talk_line {
  std::string peer;
  std::string listen;
};

CLI::App* add_talk(CLI::App& app, talk_line& line) {
  CLI::App* sub =
      app.add_subcommand("talk", "Talk with one other person, terminal to terminal, without a server");
  CLI::Option* peer = sub->add_option("HOST:PORT", line.peer, "whom to call")->type_name("");
  sub->add_option("-l,--listen", line.listen, "wait for callers there (port 0: any free one)")
      ->type_name("HOST:PORT")
      ->excludes(peer);
  sub->footer(
      "What either side types appears at the other. A line of ## ends the conversation; who listens then "
      "takes\n"
      "the next caller. The end of input (Ctrl-D) ends one direction. The other side may be `nc HOST PORT`.");
  return sub;
}

CLI::App* add_netstat(CLI::App& app, netstat_options& options) {
  CLI::App* sub =
      app.add_subcommand("netstat", "List the TCP connections of this machine, with their states");
  sub->add_option("-p,--port", options.port, "only those with this port at one of their ends")
      ->type_name("N")
      ->check(CLI::Range(1U, 65535U).description(""));
  sub->add_flag("--json", options.json, "the list as JSON");
  sub->footer(
      "PROCESS is the number and name of a process that has the connection open: a dash where there is none\n"
      "any more, as in TIME_WAIT, or where you may not know it. Of a LISTEN line, UNREAD is how many\n"
      "connections wait to be accepted, and UNSENT how many may.");
  return sub;
}

struct echo_line {
  bool tcp_only = false;
  bool udp_only = false;
};

CLI::App* add_echo(CLI::App& app, echo_options& options, echo_line& line) {
  CLI::App* sub = app.add_subcommand("echo", "Say again what is said, over TCP and UDP");
  options.address = "127.0.0.1:8668";
  sub->add_option("-l,--listen", options.address, "where to listen (port 0: any free one)")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  CLI::Option* tcp = sub->add_flag("--tcp", line.tcp_only, "TCP only");
  sub->add_flag("--udp", line.udp_only, "UDP only")->excludes(tcp);
  sub->add_flag("--raw", options.raw, "give back the bytes as they are (RFC 862)");
  sub->add_option("--max-connections", options.max_connections, "TCP connections served at once")
      ->type_name("N")
      ->check(CLI::Range(1U, 1'000'000U).description(""))
      ->capture_default_str();
  sub->footer(
      "TCP: each line comes back with \"ECHO: \" before it, when it is complete.\n"
      "UDP: each datagram comes back with \"ECHO: \" before it.");
  return sub;
}

// Flags for settings that many want to change; every other one has --set.
struct setting_flag {
  const char* flag;
  const char* setting;
  const char* type;
  const char* help;
};

constexpr setting_flag setting_flags[] = {
    {"--name", "server.name", "NAME", "the name under which the server speaks"},
    {"--max-connections", "server.connections", "N", "most connections at once"},
    {"--max-connections-per-address", "server.connections_per_address", "N",
     "most from one address; 0: no limit"},
    {"--max-file-size", "files.file_bytes", "SIZE", "largest file, as in \"4 GiB\""},
    {"--max-total-size", "files.total_bytes", "SIZE", "most bytes of all files together"},
    {"--history", "irc.history_replay", "N", "messages shown to who enters a room"},
    {"--durability", "store.durability", "process|power",
     "what messages survive: kill -9, or a power cut too"},
};

CLI::App* add_serve(CLI::App& app, serve_options& options) {
  CLI::App* sub = app.add_subcommand("serve", "Run the chat and file server");
  sub->add_option("-l,--listen", options.listen,
                  "where to listen: 127.0.0.1:8667 unless told otherwise; port 0: any free one")
      ->type_name("HOST:PORT")
      ->expected(1)
      ->take_all();
  sub->add_option("-d,--data", options.data,
                  "the folder below which everything is kept: leat-data unless told otherwise")
      ->type_name("DIR");
  sub->add_option("-c,--config", options.config, "a TOML file with settings")->type_name("FILE");
  for (const setting_flag& one : setting_flags) {
    sub->add_option_function<std::string>(
           one.flag,
           [&options, setting = one.setting](const std::string& value) {
             options.settings.emplace_back(setting, value);
           },
           one.help)
        ->type_name(one.type);
  }
  sub->add_option_function<std::vector<std::string>>(
         "--set",
         [&options](const std::vector<std::string>& all) {
           for (const std::string& one : all) {
             const std::size_t equals = one.find('=');
             if (equals == std::string::npos)
               throw CLI::ValidationError("--set", "write SECTION.NAME=VALUE, not " + one);
             options.settings.emplace_back(one.substr(0, equals), one.substr(equals + 1));
           }
         },
         "any other setting, by its name in the configuration")
      ->type_name("SECTION.NAME=VALUE")
      ->expected(1)
      ->take_all();
  sub->add_flag("--print-config", options.print_config,
                "print all settings, explained, as they would be, and exit");
  sub->footer(
      "The server binds to loopback until told otherwise: --listen 0.0.0.0:8667 lets in everyone who can "
      "reach\n"
      "this machine. One port serves IRC clients, browsers, curl and leat itself. Flags win over the file.");
  return sub;
}

nothing_to_run wrong_usage(const std::string& what, const std::string& subcommand) {
  const std::string program = subcommand.empty() ? "leat" : fmt::format("leat {}", subcommand);
  return {.exit_code = exit_usage,
          .output = {},
          .error = fmt::format("{}: {}\n(`{} --help` tells what it takes)\n", program, what, program)};
}

}  // namespace

std::expected<command, nothing_to_run> parse_command_line(int count, const char* const* arguments) {
  CLI::App app("leat: a chat and file server for a team, a class or a LAN, and its clients", "leat");
  app.set_version_flag("--version", "leat " LEAT_VERSION);
  app.require_subcommand(0, 1);
  app.get_formatter()->column_width(34);
  serve_options serving;
  chat_options chatting;
  put_options putting;
  get_options getting;
  ls_options listing;
  talk_line talking;
  echo_options echoing;
  echo_line echoing_line;
  netstat_options watching;
  CLI::App* serve_sub = add_serve(app, serving);
  CLI::App* chat_sub = add_chat(app, chatting);
  CLI::App* put_sub = add_put(app, putting);
  CLI::App* get_sub = add_get(app, getting);
  CLI::App* ls_sub = add_ls(app, listing);
  CLI::App* talk_sub = add_talk(app, talking);
  CLI::App* echo_sub = add_echo(app, echoing, echoing_line);
  CLI::App* netstat_sub = add_netstat(app, watching);
  if (count > 1 && arguments[1][0] != '-') {
    const auto named =
        app.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == arguments[1]; });
    if (named.empty()) {
      return std::unexpected(
          wrong_usage(fmt::format("there is no subcommand '{}'", visible(arguments[1])), ""));
    }
  }
  try {
    app.parse(count, arguments);
  } catch (const CLI::CallForHelp&) {
    const auto used = app.get_subcommands();
    return std::unexpected(nothing_to_run{.output = used.empty() ? app.help() : used.front()->help("leat")});
  } catch (const CLI::CallForVersion&) {
    return std::unexpected(nothing_to_run{.output = "leat " LEAT_VERSION "\n"});
  } catch (const CLI::ParseError& error) {
    const auto used = app.get_subcommands();
    return std::unexpected(
        wrong_usage(error.what(), used.empty() ? std::string() : used.front()->get_name()));
  }
  if (*serve_sub) return serving;
  if (*chat_sub) return chatting;
  if (*put_sub) {
    if (!putting.as.empty() && putting.files.size() > 1)
      return std::unexpected(wrong_usage("--as names one file", "put"));
    return putting;
  }
  if (*get_sub) return getting;
  if (*ls_sub) return listing;
  if (*netstat_sub) return watching;
  if (*echo_sub) {
    echoing.tcp = !echoing_line.udp_only;
    echoing.udp = !echoing_line.tcp_only;
    return echoing;
  }
  if (!*talk_sub) return std::unexpected(nothing_to_run{.exit_code = exit_usage, .error = app.help()});
  if (!talking.listen.empty()) return talk_options{.address = talking.listen, .listen = true};
  if (!talking.peer.empty()) return talk_options{.address = talking.peer};
  return std::unexpected(
      wrong_usage("whom to call (HOST:PORT), or where to wait for a call (--listen HOST:PORT)?", "talk"));
}

}  // namespace cli
