#!/bin/bash
# install.sh hf|llamacpp|vllm
# Makes what serve_<engine>.sh needs, once, and exits: packages from PyPI and the tiny model.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
case "${1:?engine: hf, llamacpp or vllm}" in
  hf|llamacpp|vllm) ensure_model; ensure_venv "$1" "requirements-$1.txt" ;;
  *) echo "install.sh: no engine named $1" >&2; exit 2 ;;
esac
