#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# While the image is built nothing may start. set-up removes this.
exit 101
