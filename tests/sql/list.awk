# One line QUERIES(team, app) per table "const struct db_query team_queries[]",
# with the database it belongs to: that of its folder, or the one it is named
# after ("audit_copy_identity_queries").
/^const struct db_query [a-z0-9_]+_queries\[\] = \{/ {
	name = $4
	sub(/_queries.*/, "", name)
	where = "app"
	if (FILENAME ~ /^lib\/identity\// || name ~ /_identity$/)
		where = "identity"
	else if (FILENAME ~ /^lib\/db\/migrate/)
		where = "owner"
	print "QUERIES(" name ", " where ")"
}
