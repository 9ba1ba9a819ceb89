# Prints the Makefile's targets with their "## " comments, under their "##@ " groups.
/^##@ / { printf "%s\n%s\n", (seen++ ? "" : "make TARGET"), substr($0, 5) }
match($0, /^[a-z0-9-]+:.*## /) {
  target = $0; sub(/:.*/, "", target)
  text = $0; sub(/^[^#]*## /, "", text)
  printf "  %-14s %s\n", target, text
}
