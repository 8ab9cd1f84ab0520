# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of `capwatch` for bash 4 and later, with or without the package bash-completion.
# Owns: which verbs, actions, options and values there are to complete; tests/install/completion compares them with
# what each verb's --help says. Must not own: anything that has to be asked of the host. It runs builtins alone, since
# whoever presses TAB as root has not asked for a program to be run; and no word of the command line is expanded.

# _capwatch_word WORD...: those that begin as the word at the cursor does.
_capwatch_word() {
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
}

# The same in a list with commas: the part behind the last comma, without what is in the list.
_capwatch_list() {
	local part=${cur##*,} word
	local before=${cur%"$part"}
	local -a left=()
	for word in "$@"; do
		[[ ,$before == *",$word,"* ]] || left+=("$word")
	done
	mapfile -t COMPREPLY < <(compgen -P "$before" -W "${left[*]}" -- "$part")
}

# Files and folders; readline quotes what is odd in their names. compopt fails where no completion is under way.
_capwatch_file() {
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	compopt -o filenames -o default 2>/dev/null
}

_capwatch_folder() {
	mapfile -t COMPREPLY < <(compgen -d -- "$cur")
	compopt -o filenames -o dirnames 2>/dev/null
}

# _capwatch_find_value OPTION: sets `value` to the command that completes the option's value (":": nothing can be
# offered); fails when it takes none. An option means the same wherever it is taken.
_capwatch_find_value() {
	case $1 in
	--baseline | --compare | --config | --merge | --output) value=(_capwatch_file) ;;
	--root | --rules-dir) value=(_capwatch_folder) ;;
	--schema) value=(_capwatch_word config baseline alert heartbeat doctor) ;;
	--format) value=(_capwatch_word table json) ;;
	--fail-on | --severity) value=(_capwatch_word low medium high critical) ;;
	--profile) value=(_capwatch_list core exec file-caps) ;;
	--for | --min-hosts | --sink | --unit) value=(:) ;;
	[\<\>]*) value=(_capwatch_file) ;; # a redirection, which takes the next word as well
	*) return 1 ;;
	esac
}

# Sets `action` to the first word after the verb, and before the cursor, that is neither option nor value. bash makes
# three words of --option=value.
_capwatch_find_action() {
	local i
	for ((i = 2; i < COMP_CWORD; i++)); do
		if _capwatch_find_value "${COMP_WORDS[i]}"; then
			[[ ${COMP_WORDS[i + 1]} != "=" ]] || i=$((i + 1))
			i=$((i + 1))
		elif [[ ${COMP_WORDS[i]} != -* ]]; then
			action=${COMP_WORDS[i]}
			return
		fi
	done
}

# _capwatch_find_words VERB ACTION: sets `options`, `actions` where an action is still to be named, and `rest` to the
# command that completes other words.
_capwatch_find_words() {
	case "$1 $2" in
	"check "*) options=(--config --baseline --schema) ;;
	"doctor "*) options=(--json --faults --config --rules-dir --root) ;;
	"explain "*) options=(--config --baseline) actions=(-) ;;
	"learn ") options=(--for --unit --json --config) actions=(start stop status export forget) ;;
	"learn start") options=(--for --unit --config) ;;
	"learn status") options=(--json --config) ;;
	"learn "*) options=(--config) ;;
	"replay "*) options=(--config --baseline --compare --format --fail-on) rest=_capwatch_file ;;
	"rules ") options=(--profile --root --no-load --rules-dir) actions=(install restore remove diff show) ;;
	"rules install") options=(--profile --root --no-load --rules-dir) ;;
	"rules restore") options=(--rules-dir) ;;
	"rules remove") options=(--root --no-load) ;;
	"rules "*) options=(--profile --rules-dir) ;;
	"spool ") options=(--sink --all --config) actions=(list show retry drop) ;;
	"spool retry" | "spool drop") options=(--sink --all --config) ;;
	"spool "*) options=(--sink --config) ;;
	"status "*) options=(--json --prometheus --output --config) ;;
	"suggest "*) options=(--config --baseline --min-hosts --diff --merge) rest=_capwatch_file ;;
	"test-alert "*) options=(--sink --severity --config) ;;
	*) return 1 ;;
	esac
	options+=(--help)
}

_capwatch() {
	local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} action="" rest="" IFS=$' \t\n'
	local -a value=() options=() actions=()

	COMPREPLY=()
	if [[ $previous == "=" ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $cur == "=" ]]; then
		cur=""
	fi
	if _capwatch_find_value "$previous"; then
		"${value[@]}"
		return
	elif ((COMP_CWORD == 1)); then
		_capwatch_word check doctor explain learn replay rules spool status suggest test-alert --help --version
		return
	fi
	_capwatch_find_action
	_capwatch_find_words "${COMP_WORDS[1]}" "$action" || return
	if [[ -n $rest && $cur != -* ]]; then
		"$rest"
	else
		_capwatch_word "${actions[@]}" "${options[@]}"
	fi
}

complete -F _capwatch capwatch
