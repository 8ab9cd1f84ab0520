# SPDX-License-Identifier: Apache-2.0
# bench: measurements against peers. Nothing of it is installed.
