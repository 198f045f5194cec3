#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <hub/files/beneath.hpp>
#include <hub/files/scratch_folder.hpp>

namespace hub::files {
namespace {

using namespace std::string_view_literals;

class beneath_test : public testing::TestWithParam<resolver> {
 protected:
  beneath_test() {
    outside_.write("secret", "secret");
    root_.write("folder/file", "inside");
    descriptor_ = unique_fd(::open(root_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  std::error_code error_of(std::string_view path, int flags = O_RDONLY) const {
    const auto opened = open_beneath(descriptor_.get(), path, flags, 0, GetParam());
    return opened ? std::error_code() : opened.error();
  }

  scratch_folder outside_;
  scratch_folder root_;
  unique_fd descriptor_;
};

TEST_P(beneath_test, what_lies_below_is_opened) {
  EXPECT_FALSE(error_of("folder/file"));
  EXPECT_FALSE(error_of("folder", O_RDONLY | O_DIRECTORY));
  EXPECT_EQ(error_of("folder/absent"), std::errc::no_such_file_or_directory);
}

TEST_P(beneath_test, no_path_leads_out) {
  EXPECT_TRUE(error_of("../" + outside_.path().filename().native() + "/secret"));
  EXPECT_TRUE(error_of("folder/../../" + outside_.path().filename().native() + "/secret"));
  EXPECT_TRUE(error_of((outside_.path() / "secret").native()));
  EXPECT_TRUE(error_of(".."));
}

TEST_P(beneath_test, a_link_is_not_followed_wherever_it_stands_or_leads) {
  std::filesystem::create_symlink(outside_.path() / "secret", root_.path() / "file_link");
  std::filesystem::create_symlink(outside_.path(), root_.path() / "folder_link");
  std::filesystem::create_symlink("folder", root_.path() / "inner_link");
  EXPECT_TRUE(error_of("file_link"));
  EXPECT_TRUE(error_of("folder_link/secret"));
  EXPECT_TRUE(error_of("folder_link", O_RDONLY | O_DIRECTORY));
  EXPECT_TRUE(error_of("inner_link/file"));
}

TEST_P(beneath_test, a_nul_does_not_shorten_the_path) {
  EXPECT_EQ(error_of("folder/file\0.txt"sv), std::errc::invalid_argument);
  EXPECT_EQ(error_of(""), std::errc::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(every_resolver, beneath_test,
                         testing::Values(resolver::automatic, resolver::component_wise),
                         [](const auto& given) {
                           return given.param == resolver::automatic ? "automatic" : "component_wise";
                         });

TEST(make_folder_beneath, creates_all_that_is_missing_and_takes_what_is_there) {
  const scratch_folder root;
  const unique_fd descriptor(::open(root.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_TRUE(make_folder_beneath(descriptor.get(), "a/b/c"));
  EXPECT_TRUE(make_folder_beneath(descriptor.get(), "a/b/c"));
  EXPECT_TRUE(std::filesystem::is_directory(root.path() / "a/b/c"));
}

TEST(make_folder_beneath, a_link_in_the_way_is_an_error) {
  const scratch_folder root;
  const scratch_folder outside;
  std::filesystem::create_symlink(outside.path(), root.path() / "a");
  const unique_fd descriptor(::open(root.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_FALSE(make_folder_beneath(descriptor.get(), "a/b"));
  EXPECT_EQ(outside.names("."), "");
}

}  // namespace
}  // namespace hub::files
