#!/bin/sh
# The init of the demo's broken image. It ends as a program that crashed (128 + SIGSEGV), so the kernel panics.
echo "This init crashes."
exit 139
