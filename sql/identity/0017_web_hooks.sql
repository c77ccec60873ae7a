-- Web hooks wait here from the transaction of what they tell until they are
-- delivered. The body is sealed with the service's secret, and gone once it was
-- sent or given up; an error names the host and its answer, nothing of the body.

CREATE TABLE web_hooks (
    id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    hook text NOT NULL CHECK (hook <> ''),
    status text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'processing', 'sent', 'abandoned')),
    sealed text,
    error text,
    send_count integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((sealed IS NOT NULL) = (status IN ('queued', 'processing')))
);
-- due_at of one being delivered is the end of its worker's lease.
CREATE INDEX web_hooks_due ON web_hooks (due_at, seq)
    WHERE status IN ('queued', 'processing');
CREATE INDEX web_hooks_by_end ON web_hooks (updated_at)
    WHERE status IN ('sent', 'abandoned');
