/* SPDX-License-Identifier: MIT */
#include "base/version.h"

const char hp_version[] = "0.1.0";
