/* SPDX-License-Identifier: MIT */
/* What postel comes with: the registers of requirements and the folder of scenarios, from
   POSTEL_DATA, from the source tree, or from where they were installed. */
#ifndef CLI_DATA_H
#define CLI_DATA_H

#include "reports/register.h"

struct data {
    char *scenarios; /* the folder */
    struct requirement_register reg;
};

/* The path of a folder of ours: "scenarios", "trace/quirks"; new text. */
MUST_USE char *data_folder(const char *name);

/* Loads the registers; check: compares their quotes with the RFCs, too. On false the problems were
   printed. */
MUST_USE bool data_load(struct data *data, bool check);

void data_fini(struct data *data);

#endif
