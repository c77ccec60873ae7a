-- Mails of the application, queued in the transaction of their cause and sent
-- by mirai-mail. A tenant's transaction may add to the queue; reading it is
-- for workers, since it holds invitation links.

CREATE TABLE mail_outbox (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid REFERENCES tenants (id) ON DELETE CASCADE,
	notification_id uuid,	-- its email_sent is set (0009)
	kind text NOT NULL,	-- which letter: "invitation", "welcome", ...
	recipient varchar(254) NOT NULL,
	payload jsonb NOT NULL, -- what the letter names; no link once sent
	attempts int NOT NULL DEFAULT 0,
	-- While a try is under way, the end of its lease.
	next_attempt_at timestamptz NOT NULL DEFAULT now(),
	lease uuid,		-- of the try under way
	sent_at timestamptz,
	failed_at timestamptz,	-- given up
	error text,		-- of the last try
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT mail_outbox_kind_check CHECK (kind <> ''),
	CONSTRAINT mail_outbox_recipient_check CHECK (recipient <> ''
		AND recipient !~ '[\x01-\x20\x7f]'),
	CONSTRAINT mail_outbox_end_check
		CHECK (sent_at IS NULL OR failed_at IS NULL)
);
CREATE INDEX mail_outbox_next_attempt_at_idx
	ON mail_outbox (next_attempt_at, id)
	WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX mail_outbox_created_at_idx ON mail_outbox (created_at DESC, id);

ALTER TABLE mail_outbox ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY queue ON mail_outbox FOR INSERT
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON mail_outbox TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
