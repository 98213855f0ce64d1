/* test: what every test includes; cmocka wants these headers before its own. */
#ifndef BASICTAP_TESTS_SUPPORT_TEST_H
#define BASICTAP_TESTS_SUPPORT_TEST_H

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#endif
