/* SPDX-License-Identifier: MIT
**
** The version for the modules, which do not include the public header: that
** is the entry point's, above them. A test compares the two.
*/
#ifndef HP_BASE_VERSION_H
#define HP_BASE_VERSION_H

extern const char hp_version[];

#endif
