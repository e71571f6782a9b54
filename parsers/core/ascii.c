/* SPDX-License-Identifier: MIT */
#include "parsers/core/ascii.h"

/* Each class as a predicate, as the ABNF has it; the table below is these predicates, computed by
   the compiler for each octet. */
#define IN(c, first, last) ((c) >= (first) && (c) <= (last))
#define IS_ALPHA(c) (IN(c, 'A', 'Z') || IN(c, 'a', 'z'))
#define IS_DIGIT(c) IN(c, '0', '9')
#define IS_ALNUM(c) (IS_ALPHA(c) || IS_DIGIT(c))
#define IS_HEXDIG(c) (IS_DIGIT(c) || IN(c, 'A', 'F') || IN(c, 'a', 'f'))
#define IS_ATEXT(c)                                                                                \
    (IS_ALNUM(c) || (c) == '!' || IN(c, '#', '\'') || (c) == '*' || (c) == '+' || (c) == '-' ||    \
     (c) == '/' || (c) == '=' || (c) == '?' || IN(c, '^', '`') || IN(c, '{', '~'))
#define IS_QTEXT(c) (IN(c, 32, 33) || IN(c, 35, 91) || IN(c, 93, 126))
#define IS_DCONTENT(c) (IN(c, 33, 90) || IN(c, 94, 126))
#define IS_ESMTP_VALUE(c) (IN(c, 33, 60) || IN(c, 62, 126))
#define IS_XCHAR(c) (IN(c, 33, 42) || IN(c, 44, 60) || IN(c, 62, 126))
#define IS_TEXTSTRING(c) ((c) == 9 || IN(c, 32, 126))
#define IS_VCHAR(c) IN(c, 0x21, 0x7E)
#define IS_BASE64(c) (IS_ALNUM(c) || (c) == '+' || (c) == '/')
#define IS_LIST_WILDCARD(c) ((c) == '%' || (c) == '*')
#define IS_ATOM(c)                                                                                 \
    (IS_VCHAR(c) && (c) != '(' && (c) != ')' && (c) != '{' && !IS_LIST_WILDCARD(c) &&              \
     (c) != '"' && (c) != '\\' && (c) != ']')
#define IS_ASTRING(c) (IS_ATOM(c) || (c) == ']')
#define IS_TEXT(c) (IN(c, 0x01, 0x7F) && (c) != '\r' && (c) != '\n')
#define IS_QUOTED_SAFE(c) (IS_TEXT(c) && (c) != '"' && (c) != '\\')
#define IS_FTEXT(c) (IN(c, 33, 57) || IN(c, 59, 126))
#define IS_TSPECIAL(c)                                                                             \
    ((c) == '(' || (c) == ')' || (c) == '<' || (c) == '>' || (c) == '@' || (c) == ',' ||           \
     (c) == ';' || (c) == ':' || (c) == '\\' || (c) == '"' || (c) == '/' || (c) == '[' ||          \
     (c) == ']' || (c) == '?' || (c) == '=')
#define IS_MIME_TOKEN(c) (IS_VCHAR(c) && !IS_TSPECIAL(c))

#define IF(condition, bit) ((condition) ? (uint32_t)(bit) : 0U)
#define OCTET(c)                                                                                   \
    (IF(IS_ALPHA(c), CLASS_ALPHA) | IF(IS_DIGIT(c), CLASS_DIGIT) |                                 \
     IF(IS_HEXDIG(c), CLASS_HEXDIG) | IF(IS_ATEXT(c), CLASS_ATEXT) |                               \
     IF(IS_QTEXT(c), CLASS_QTEXT) | IF(IS_DCONTENT(c), CLASS_DCONTENT) |                           \
     IF(IS_ALNUM(c) || (c) == '-', CLASS_ESMTP_KEYWORD) |                                          \
     IF(IS_ESMTP_VALUE(c), CLASS_ESMTP_VALUE) | IF(IS_XCHAR(c), CLASS_XCHAR) |                     \
     IF(IS_TEXTSTRING(c), CLASS_TEXTSTRING) | IF(IS_VCHAR(c), CLASS_VCHAR) |                       \
     IF(IS_BASE64(c), CLASS_BASE64) | IF(IS_ATOM(c), CLASS_ATOM) |                                 \
     IF(IS_ATOM(c) && (c) != '[', CLASS_ATT_NAME) | IF(IS_ASTRING(c), CLASS_ASTRING) |             \
     IF(IS_ASTRING(c) && (c) != '+', CLASS_TAG) |                                                  \
     IF(IS_ASTRING(c) || IS_LIST_WILDCARD(c), CLASS_LIST) | IF(IS_TEXT(c), CLASS_TEXT) |           \
     IF(IS_QUOTED_SAFE(c), CLASS_QUOTED_SAFE) | IF(IS_FTEXT(c), CLASS_FTEXT) |                     \
     IF(IS_MIME_TOKEN(c), CLASS_MIME_TOKEN) | IF((c) >= 0x80, CLASS_HIGH) |                        \
     IF(IS_ALNUM(c) || (c) == '-' || (c) == '_', CLASS_SASL_MECH))
#define FOUR(c) OCTET((c)), OCTET((c) + 1), OCTET((c) + 2), OCTET((c) + 3)
#define SIXTEEN(c) FOUR(c), FOUR((c) + 4), FOUR((c) + 8), FOUR((c) + 12)
#define SIXTY_FOUR(c) SIXTEEN(c), SIXTEEN((c) + 16), SIXTEEN((c) + 32), SIXTEEN((c) + 48)

const uint32_t octet_classes[256] = {SIXTY_FOUR(0), SIXTY_FOUR(64), SIXTY_FOUR(128),
                                     SIXTY_FOUR(192)};
