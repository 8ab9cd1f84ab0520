# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# victim.bash: the loud scenario's hold on its victims. Source it in a step.
# A victim is a service of its own, victim-NAME.service, whose program waits for a line on its stdin
# before it acts, and says READY and DONE with a result (tests/live/actor.c, villain.c, victim-shell).

victims=/run/victims
victim_units=/run/systemd/system
victim_fresh=() # units
victim_patience=100 # tenths of a second
victim_batch=8

mkdir -p "$victims"
chmod 1777 "$victims"

# victim NAME COMMAND...: makes the service. victim_extra: further lines of its [Service] section.
victim() {
	local name=$1
	shift
	[[ -p $victims/$name.in ]] || mkfifo -m 0666 "$victims/$name.in"
	: >"$victims/$name.out"
	chmod 0666 "$victims/$name.out"
	printf '[Service]\nExecStart=%s\nStandardInput=file:%s\nStandardOutput=append:%s\nStandardError=inherit\n%s\n' \
		"$*" "$victims/$name.in" "$victims/$name.out" "${victim_extra:-}" >"$victim_units/victim-$name.service"
	victim_fresh+=("victim-$name")
}

# Starts those made since the last call, some at a time, and waits until each is ready. A process keeps
# their fifos open, so that none of them sees an end of file. victim_at_once: they need not be told to act.
victims_start() {
	local name fd i
	for name in "${victim_fresh[@]}"; do
		exec {fd}<>"$victims/${name#victim-}.in"
		[[ -z ${victim_at_once:-} ]] || echo >&"$fd"
	done
	sleep infinity &
	systemctl daemon-reload
	for ((i = 0; i < ${#victim_fresh[@]}; i += victim_batch)); do
		systemctl start "${victim_fresh[@]:i:victim_batch}"
		for name in "${victim_fresh[@]:i:victim_batch}"; do
			victim_wait "${name#victim-}" READY
		done
	done
	victim_fresh=()
}

victim_wait() {
	local name=$1 word=$2 i said
	for ((i = 0; i < victim_patience; i++)); do
		said=$(<"$victims/$name.out")
		[[ $said == *$word* ]] && return 0
		sleep 0.1
	done
	printf '%s: no %s; it said: %s\n' "$name" "$word" "$said"
	return 1
}

# act NAME [RESULT]: has it act, and fails unless the kernel gave RESULT (0).
act() {
	local name=$1 result=${2:-0}
	echo >"$victims/$name.in"
	victim_wait "$name" DONE || return 1
	victim_result "$name" "$result"
}

victim_result() {
	local said
	said=$(grep -m1 '^DONE' "$victims/$1.out")
	[[ ${said##* } == "$2" ]] || {
		printf '%s: not %s: %s\n' "$1" "$2" "$said"
		return 1
	}
}

# in_shell NAME COMMAND [STATUS]: a command of one line for a victim-shell.
in_shell() {
	: >"$victims/$1.out"
	printf '%s\n' "$2" >"$victims/$1.in"
	victim_wait "$1" DONE || return 1
	victim_result "$1" "${3:-0}" || {
		cat "$victims/$1.out"
		return 1
	}
}

# take_over PID ORDER [RESULT]: what takeover.so does inside the process.
take_over() {
	local pid=$1 i
	rm -f "/run/takeover/$pid.done"
	printf '%s\n' "$2" >"/run/takeover/$pid"
	chmod 0666 "/run/takeover/$pid"
	kill -IO "$pid"
	for ((i = 0; i < victim_patience; i++)); do
		[[ -s /run/takeover/$pid.done ]] && break
		sleep 0.1
	done
	[[ $(<"/run/takeover/$pid.done") == "DONE ${3:-0}" ]] || {
		cat "/run/takeover/$pid.done"
		return 1
	}
}

# Has the plugin read its configuration anew.
capwatch_reload() {
	capwatch check
	auditctl --signal HUP
}
