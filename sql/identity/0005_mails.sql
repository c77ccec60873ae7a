-- Mails wait here from the transaction that caused them until they are
-- delivered. What fills a template (codes, links) is sealed with the service's
-- secret, and gone once the mail was sent or given up; subject and body are
-- kept for the administrator, with codes masked.

CREATE TABLE mails (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    status text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'processing', 'sent', 'abandoned')),
    template text NOT NULL CHECK (template <> ''),
    valid boolean NOT NULL DEFAULT true,
    channel text NOT NULL DEFAULT 'email' CHECK (channel IN ('email')),
    recipient text NOT NULL CHECK (recipient <> '' AND length(recipient) <= 320
        AND recipient !~ '[\x01-\x20\x7f]'),
    identity_id uuid REFERENCES identities ON DELETE SET NULL,
    sealed text,
    subject text NOT NULL DEFAULT '',
    body text NOT NULL DEFAULT '',
    send_count integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((sealed IS NOT NULL) = (status IN ('queued', 'processing')))
);
-- due_at of one being delivered is the end of its worker's lease.
CREATE INDEX mails_due ON mails (due_at, id)
    WHERE status IN ('queued', 'processing');
CREATE INDEX mails_by_age ON mails (created_at DESC, id DESC);
CREATE INDEX mails_of ON mails (identity_id) WHERE identity_id IS NOT NULL;

-- One row per try. An error names the server and its answer, nothing of the
-- mail.
CREATE TABLE mail_dispatches (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    mail_id uuid NOT NULL REFERENCES mails ON DELETE CASCADE,
    status text NOT NULL CHECK (status IN ('success', 'failed')),
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mail_dispatches_of ON mail_dispatches (mail_id, created_at);
