/* SPDX-License-Identifier: MIT */
#include "fuzz/check/tree.h"

#include "fuzz/check/check.h"

void check_parts(const struct mime_part *part, struct span outer)
{
    for (; part != NULL; part = part->next) {
        check_span_inside(part->header, outer);
        check_span_inside(part->body, outer);
        CHECK(part->body.ptr == part->header.ptr + part->header.len,
              "the body does not follow the header");
        CHECK(part->lines == message_lines(part->body), "the lines are others");
        for (const struct mime_param *param = part->type.params; param != NULL;
             param = param->next) {
            check_span_inside(param->name, part->header);
            check_span_inside(param->value, part->header);
        }
        check_parts(part->children, part->body);
    }
}

void check_pieces(const struct conversation *c, bool in_order)
{
    uint64_t off[2] = {0, 0};
    uint64_t line = 0;
    for (size_t i = 0; i < c->piece_count; i++) {
        const struct piece *piece = &c->pieces[i];
        CHECK(piece->off == off[piece->side], "a piece does not follow the one before");
        CHECK(!in_order || piece->line >= line, "lines do not ascend");
        off[piece->side] += piece->len;
        line = piece->line;
    }
    CHECK(off[SIDE_CLIENT] == c->stream[SIDE_CLIENT].len &&
              off[SIDE_SERVER] == c->stream[SIDE_SERVER].len,
          "the pieces are not the whole stream");
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        const struct stream *stream = &c->stream[side];
        uint64_t end = 0;
        for (size_t i = 0; i < stream->hole_count; i++) {
            CHECK(stream->holes[i].off >= end, "holes are out of order");
            end = stream->holes[i].off + stream->holes[i].len;
            CHECK(end <= stream->len, "a hole lies behind the stream");
        }
    }
}
