#include <gtest/gtest.h>

#include <hub/irc/tags.hpp>

namespace hub::irc {
namespace {

TEST(a_tag, is_found_by_its_whole_name) {
  EXPECT_EQ(tag_value("label=1;+typing=active;draft/x", "label"), "1");
  EXPECT_EQ(tag_value("label=1;+typing=active;draft/x", "+typing"), "active");
  EXPECT_EQ(tag_value("label=1;draft/x", "draft/x"), "");
  EXPECT_EQ(tag_value("labels=1", "label"), std::nullopt);
  EXPECT_EQ(tag_value("", "label"), std::nullopt);
  EXPECT_EQ(tag_value("label=1;label=2", "label"), "2");
  EXPECT_EQ(tag_value("a==b=", "a"), "=b=");
}

TEST(tags_of_clients, are_those_with_a_plus_and_a_sound_name_each_once) {
  EXPECT_EQ(client_tags("label=1;+typing=active;msgid=7;time=x"), "+typing=active");
  EXPECT_EQ(client_tags("+a;+b=2;+a=3"), "+a;+b=2");
  EXPECT_EQ(client_tags("+example.org/reply=x\\:y"), "+example.org/reply=x\\:y");
  EXPECT_EQ(client_tags("+;+=1;+a_b;+a/;+/b;+a/b/c;++a;+a.b;+\xc3\xa9"), "");
  EXPECT_EQ(client_tags(";;+a;;"), "+a");
  EXPECT_EQ(client_tags(""), "");
}

}  // namespace
}  // namespace hub::irc
