/*
 * trace: whether a text gives away whom it is about: host names that spell an address or a MAC,
 * paths and programs that spell a user. Rather too often than too seldom.
 */
#ifndef BASICTAP_RULES_TRACE_H
#define BASICTAP_RULES_TRACE_H

#include "dissectors/base/address.h"

/* In decimal, forwards ("ip-10-0-0-7"), backwards or with leading zeros, or in hexadecimal; its
 * last two octets or its interface identifier suffice. */
bool trace_of_address(const char *text, const struct address *address);

/* Twelve hexadecimal digits, or the last six, however they are separated: "SEP001B54AA0001". */
bool trace_of_mac(const char *text, const struct mac *mac);

/* The user's own name as a word, in any case. user is as it was sent; what stands before '\' and
 * after '@' is not looked for. Names of one or two letters are not found. */
bool trace_of_user(const char *text, const char *user);

/* Segments of a path that are the user's name, or a name with '@' whosever it is, become "*". */
void trace_clear_path(char *path, size_t size, const char *user);

#endif
