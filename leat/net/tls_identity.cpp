#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include <leat/blocking.hpp>
#include <leat/net/tls_identity_parts.hpp>

namespace leat::net {
namespace {

// Everything here that touches files runs on the blocking pool, where errno is the thread's own.

class open_file {
 public:
  open_file(const std::filesystem::path& path, int flags, mode_t mode = 0) noexcept
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~open_file() {
    if (fd_ >= 0) ::close(fd_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  int fd() const noexcept { return fd_; }

 private:
  const int fd_;
};

// A file that is gone at the end of the scope.
class temporary_file {
 public:
  explicit temporary_file(const std::filesystem::path& beside) : path_(name_beside(beside)) {}
  ~temporary_file() { ::unlink(path_.c_str()); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  static std::filesystem::path name_beside(std::filesystem::path path) {
    static std::atomic<unsigned> count{0};
    path += "." + std::to_string(::getpid()) + "." + std::to_string(count++) + ".new";
    return path;
  }

  const std::filesystem::path path_;
};

result<void> write_whole(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_system_error();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return last_system_error();
  return {};
}

// The new name of a file lasts once its directory is on the disk.
result<void> sync_directory_of(const std::filesystem::path& path) {
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const open_file directory(parent, O_RDONLY | O_DIRECTORY);
  if (directory.fd() < 0 || ::fsync(directory.fd()) != 0) return last_system_error();
  return {};
}

// The file appears whole, or not at all; one that is there already stays, and is EEXIST.
result<void> create_file(const std::filesystem::path& path, std::string_view text, mode_t mode) {
  const temporary_file draft(path);
  {
    const open_file out(draft.path(), O_WRONLY | O_CREAT | O_EXCL, mode);
    if (out.fd() < 0) return last_system_error();
    if (auto written = write_whole(out.fd(), text); !written) return written;
  }
  if (::link(draft.path().c_str(), path.c_str()) != 0) return last_system_error();
  return sync_directory_of(path);
}

result<bool> file_exists(const std::filesystem::path& path) noexcept {
  struct stat found{};
  if (::stat(path.c_str(), &found) == 0) return true;
  if (errno == ENOENT) return false;
  return last_system_error();
}

result<tls_identity> load_here(const std::filesystem::path& certificates_path,
                               const std::filesystem::path& key_path) {
  const auto certificates_text = read_small_file(certificates_path);
  if (!certificates_text) return std::unexpected(certificates_text.error());
  auto certificates = parse_certificates(*certificates_text);
  if (!certificates) return std::unexpected(certificates.error());
  const auto key_text = read_small_file(key_path);
  if (!key_text) return std::unexpected(key_text.error());
  auto key = parse_private_key(*key_text);
  if (!key) return std::unexpected(key.error());
  return make_identity(std::move(*certificates), std::move(*key), certificates_path, key_path);
}

result<key_handle> load_or_create_key(const std::filesystem::path& path) {
  auto key = make_private_key();
  if (!key) return key;
  const auto kept = create_file(path, to_pem(key->get()), 0600);
  if (kept) return key;
  if (kept.error() != std::errc::file_exists) return std::unexpected(kept.error());
  const auto text = read_small_file(path);  // it was there before, or another process was faster
  if (!text) return std::unexpected(text.error());
  return parse_private_key(*text);
}

result<void> create_missing(const std::filesystem::path& certificates, const std::filesystem::path& key_path,
                            const self_signed_options& options) {
  const auto exists = file_exists(certificates);
  if (!exists) return std::unexpected(exists.error());
  if (*exists) return {};
  const auto key = load_or_create_key(key_path);
  if (!key) return std::unexpected(key.error());
  const auto certificate = sign_by_itself(key->get(), options);
  if (!certificate) return std::unexpected(certificate.error());
  const auto kept = create_file(certificates, to_pem(certificate->get()), 0644);
  if (!kept && kept.error() == std::errc::file_exists)
    return {};  // another process was faster: its file counts
  return kept;
}

}  // namespace

result<std::string> read_small_file(const std::filesystem::path& path) {
  const open_file file(path, O_RDONLY);
  if (file.fd() < 0) return last_system_error();
  std::string text;
  std::array<char, 16384> part;
  for (;;) {
    const ssize_t count = ::read(file.fd(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_system_error();
    if (count == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
    if (text.size() > tls_file_limit_bytes) return fail(errc::too_long);
  }
}

result<tls_identity> make_identity(std::vector<certificate_handle> certificates, key_handle key,
                                   std::filesystem::path certificates_path, std::filesystem::path key_path) {
  forget_openssl_errors();
  const bool belongs = X509_check_private_key(certificates.front().get(), key.get()) == 1;
  forget_openssl_errors();
  if (!belongs) return fail(tls_errc::key_mismatch);
  auto made = std::make_shared<tls_identity::parts>();
  made->description = describe(certificates.front().get());
  made->certificate = std::move(certificates.front());
  certificates.erase(certificates.begin());
  made->issuers = std::move(certificates);
  made->key = std::move(key);
  made->certificates_path = std::move(certificates_path);
  made->key_path = std::move(key_path);
  return tls_identity(std::move(made));
}

result<tls_identity> tls_identity::parse(std::string_view certificates, std::string_view private_key) {
  auto parsed = parse_certificates(certificates);
  if (!parsed) return std::unexpected(parsed.error());
  auto key = parse_private_key(private_key);
  if (!key) return std::unexpected(key.error());
  return make_identity(std::move(*parsed), std::move(*key));
}

result<tls_identity> tls_identity::load(const std::filesystem::path& certificates,
                                        const std::filesystem::path& private_key) {
  return blocking([&] { return load_here(certificates, private_key); });
}

result<tls_identity> tls_identity::self_signed(const self_signed_options& options) {
  auto key = make_private_key();
  if (!key) return std::unexpected(key.error());
  auto certificate = sign_by_itself(key->get(), options);
  if (!certificate) return std::unexpected(certificate.error());
  std::vector<certificate_handle> chain;
  chain.push_back(std::move(*certificate));
  return make_identity(std::move(chain), std::move(*key));
}

result<tls_identity> tls_identity::load_or_create(const std::filesystem::path& certificates,
                                                  const std::filesystem::path& private_key,
                                                  const self_signed_options& options) {
  return blocking([&]() -> result<tls_identity> {
    if (auto created = create_missing(certificates, private_key, options); !created)
      return std::unexpected(created.error());
    return load_here(certificates, private_key);
  });
}

result<tls_identity> tls_identity::reloaded() const {
  if (parts_->certificates_path.empty()) return *this;
  return load(parts_->certificates_path, parts_->key_path);
}

const tls_fingerprint& tls_identity::fingerprint() const noexcept {
  return parts_->description.fingerprint;
}

const tls_certificate& tls_identity::certificate() const noexcept {
  return parts_->description;
}

std::string tls_identity::certificates_pem() const {
  std::string text = to_pem(parts_->certificate.get());
  for (const certificate_handle& issuer : parts_->issuers)
    text += to_pem(issuer.get());
  return text;
}

std::string tls_identity::private_key_pem() const {
  return to_pem(parts_->key.get());
}

}  // namespace leat::net
