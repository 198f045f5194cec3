// Messages over a stream of bytes: where one ends and the next begins.
//
//   codec                          frames                                            header
//   framing::end_marker            text, up to a marker such as "##"                 framing/marker.hpp
//   framing::line                  text, up to LF or CRLF                            framing/marker.hpp
//   framing::length_prefix<N>      bytes, their length before them in 1, 2, 4 or 8 framing/length_prefix.hpp
//   framing::varint_prefix         bytes, their length before them as a varint framing/length_prefix.hpp
//   framing::text_header           a type and bytes: "Y 18 abcdefghijklmnopqr"       framing/text_header.hpp
//
// frame_reader and frame_writer carry them over streams; framing/frame.hpp says how to use a codec on bytes
// that come in any other way.
#pragma once

#include <leat/net/buffered_reader.hpp>
#include <leat/net/buffered_writer.hpp>
#include <leat/net/framing/frame.hpp>
#include <leat/net/framing/frame_reader.hpp>
#include <leat/net/framing/frame_writer.hpp>
#include <leat/net/framing/length_prefix.hpp>
#include <leat/net/framing/marker.hpp>
#include <leat/net/framing/text_header.hpp>
#include <leat/net/framing/varint.hpp>
#include <leat/net/text.hpp>
