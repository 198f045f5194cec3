// Text from others, made fit for a terminal.
//
// Whatever comes over the network may hold escape sequences that repaint the screen, type for the user or set
// the window's title, and characters that turn the direction of writing so that one name looks like another.
#pragma once

#include <string>
#include <string_view>

namespace cli {

/// The text as one line that does nothing but show: control characters (C0, DEL, C1), line and paragraph
/// separators, characters that change the direction of writing, and bytes that are not UTF-8 each become
/// U+FFFD; a tab becomes a space.
std::string visible(std::string_view text);

/// How many columns a terminal needs for a text that visible() has returned.
std::size_t column_count(std::string_view text);

/// How many rows below its first one a terminal's cursor stands after writing the text in rows of `width`
/// columns. A wide character is not split over two rows; a control character counts as ^X.
std::size_t wrapped_rows(std::string_view text, std::size_t width);

/// The text cut to at most `columns`, with "..." at its end if anything was cut off.
std::string fit_columns(std::string_view text, std::size_t columns);

}  // namespace cli
