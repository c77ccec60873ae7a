-- What an administrator asks for: identities of an organisation, all sessions
-- from the newest on.
CREATE INDEX identities_by_organization ON identities
    (organization_id, created_at, id) WHERE organization_id IS NOT NULL;
CREATE INDEX sessions_by_issue ON sessions (issued_at, id);
