#include <gtest/gtest.h>

#include <hub/http/digest_field.hpp>
#include <hub/http/disposition.hpp>
#include <hub/http/listing.hpp>

namespace hub::http {
namespace {

TEST(disposition, a_plain_name_stands_there_once) {
  EXPECT_EQ(content_disposition("report 2.pdf", false), "attachment; filename=\"report 2.pdf\"");
  EXPECT_EQ(content_disposition("a.png", true), "inline; filename=\"a.png\"");
}

TEST(disposition, a_name_beyond_ascii_stands_there_as_utf8_and_encoded) {
  EXPECT_EQ(content_disposition("für.txt", false),
            "attachment; filename=\"für.txt\"; filename*=UTF-8''f%C3%BCr.txt");
}

TEST(disposition, a_name_cannot_leave_its_quotes) {
  EXPECT_EQ(content_disposition("a\"; x=\"b", false),
            "attachment; filename=\"a_; x=_b\"; filename*=UTF-8''a%22%3B%20x%3D%22b");
  EXPECT_EQ(content_disposition("a%22b", false), "attachment; filename=\"a%22b\"; filename*=UTF-8''a%2522b");
}

TEST(media_type, what_a_browser_could_run_is_never_shown) {
  for (const std::string_view name :
       {"x.html", "x.HTM", "x.svg", "x.xml", "x.xhtml", "x.js", "x.mjs", "x.css", "x.swf", "x.pdf", "x",
        "html", "x.png.html", "x.", "x.txt.svg"})
    EXPECT_FALSE(media_type_of(name).shown) << name;
  for (const std::string_view name : {"x.html", "x.svg", "x.js", "README"})
    EXPECT_EQ(media_type_of(name).name, "application/octet-stream") << name;
}

TEST(media_type, common_harmless_types_are_shown) {
  EXPECT_EQ(media_type_of("a.TXT").name, "text/plain; charset=utf-8");
  EXPECT_EQ(media_type_of("photo.JPeG").name, "image/jpeg");
  EXPECT_TRUE(media_type_of("photo.jpeg").shown);
}

const files::digest abc =
    files::digest_from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad").value();

TEST(digest_field, both_spellings_come_back) {
  EXPECT_EQ(repr_digest(abc), "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:");
  EXPECT_EQ(legacy_digest(abc), "SHA-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  EXPECT_EQ(parse_repr_digest("md5=:xx:, " + repr_digest(abc)).value(), abc);
  EXPECT_EQ(parse_legacy_digest("sha=xx," + legacy_digest(abc)).value(), abc);
}

TEST(digest_field, what_is_wanted_is_understood) {
  EXPECT_TRUE(wants_legacy_digest("SHA-512;q=1, SHA-256;q=1, SHA;q=0.1"));
  EXPECT_TRUE(wants_legacy_digest("sha-256"));
  EXPECT_FALSE(wants_legacy_digest("SHA-256;q=0, MD5"));
  EXPECT_TRUE(wants_repr_digest("sha-512=3, sha-256=10"));
  EXPECT_FALSE(wants_repr_digest("sha-256=0"));
  EXPECT_FALSE(wants_repr_digest("md5=1"));
}

TEST(digest_field, a_malformed_announcement_is_an_error_and_another_algorithm_is_not) {
  EXPECT_FALSE(parse_repr_digest("sha-256=:short:"));
  EXPECT_FALSE(parse_repr_digest("sha-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="));
  EXPECT_FALSE(parse_repr_digest("sha-256=:"));
  EXPECT_FALSE(parse_legacy_digest("SHA-256="));
  EXPECT_EQ(parse_repr_digest("sha-512=:xx:").value(), std::nullopt);
  EXPECT_EQ(parse_legacy_digest("").value(), std::nullopt);
}

const files::listing two_files{.files = {{"a b.txt", 5, 784'111'777}, {"ü\"", 12'345'678'901, 0}},
                               .more = true};

TEST(listing, programs_get_json) {
  EXPECT_EQ(
      listing_as_json(files::area::common(), two_files),
      R"({"files":[{"name":"a b.txt","size":5,"modified":"1994-11-06T08:49:37Z","url":"/files/a%20b.txt"},)"
      R"({"name":"ü\"","size":12345678901,"modified":"1970-01-01T00:00:00Z","url":"/files/%C3%BC%22"}],)"
      R"("next":"/files?after=%C3%BC%22"})"
      "\n");
  EXPECT_EQ(listing_as_json(*files::area::of_room("#a"), {}), "{\"files\":[],\"next\":null}\n");
}

TEST(listing, people_get_lines) {
  EXPECT_EQ(listing_as_text(*files::area::of_room("#Dev"), two_files),
            "             5  1994-11-06T08:49:37Z  a b.txt\n"
            "   12345678901  1970-01-01T00:00:00Z  ü\"\n"
            "There are more: /rooms/Dev/files?after=%C3%BC%22\n");
}

TEST(listing, an_address_leads_back_to_its_room) {
  EXPECT_EQ(path_of(*files::area::of_room("#dev"), "x y"), "/rooms/dev/files/x%20y");
  EXPECT_EQ(path_of(*files::area::of_room("##dev")), "/rooms/%23%23dev/files");
  EXPECT_EQ(path_of(*files::area::of_room("#.."), "x"), "/rooms/%23../files/x");
  EXPECT_EQ(path_of(files::area::common(), "a#?"), "/files/a%23%3F");
}

TEST(listing, json_is_for_those_who_name_it) {
  EXPECT_TRUE(prefers_json("application/json"));
  EXPECT_TRUE(prefers_json("text/plain;q=0.5, application/json"));
  EXPECT_FALSE(prefers_json("text/plain, application/json;q=0.5"));
  for (const std::string_view field :
       {"", "*/*", "text/html,*/*;q=0.8", "application/json;q=0", "application/*"})
    EXPECT_FALSE(prefers_json(field)) << field;
}

}  // namespace
}  // namespace hub::http
