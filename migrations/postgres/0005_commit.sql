-- The commit of a batch of changes, as one call: see MessageStore::commit for what it promises.
--
-- The first statement takes the rooms' locks, in id order. The second one begins after that, so its snapshot shows all that was
-- committed before the locks were had; one statement for both would look for duplicates in a snapshot older than its locks.
-- Everything else is that second statement: all its parts see the same snapshot, taken before any of its own writes.
--
-- The arrays hold one element a send (s_) or an enrichment (e_); ord is the place in the batch. The caller has left out changes
-- that another one of the batch answers for, and enrichments that found nothing; `done` holds the jobs of all enrichments.
-- Answers one row for each send, and for each enrichment that applies. The columns from `known` on are the message that was there
-- before, as it was before the batch; they are null for a new one.
--
-- Plans: the sessions that call this are told to keep one plan for all calls, and to reach rows by index whatever the statistics of
-- a new or fast growing table say. Messages are never compared by room with `=`: of the indexes that would then fit, some lead
-- through the whole room.

CREATE FUNCTION commit_changes(
    p_rooms text[],
    s_ord int[], s_id uuid[], s_room text[], s_user text[], s_client text[], s_reply uuid[],
    s_kind text[], s_content text[], s_at timestamptz[], s_job uuid[],
    e_ord int[], e_room text[], e_message uuid[], e_content_rev bigint[], e_mentions text[], e_previews text[],
    done uuid[], first_lease interval
) RETURNS TABLE (
    ord int, verdict text, seq bigint, rev bigint, username text,
    known uuid, known_room text, known_seq bigint, known_rev bigint, known_user text, known_username text, known_content text,
    known_kind text, known_at timestamptz, known_client text, known_reply uuid, known_edited timestamptz,
    known_deleted timestamptz, known_mentions text, known_previews text
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM rooms WHERE id = ANY (p_rooms) ORDER BY id FOR NO KEY UPDATE;

    RETURN QUERY
    WITH judged AS (
        SELECT s.ord, s.room, r.rev AS base_rev, r.last_seq AS base_seq,
            CASE
                WHEN r.id IS NULL OR (m.role IS NULL AND r.visibility <> 'public') THEN 'no_room'
                WHEN by_id.id IS NOT NULL OR by_client.id IS NOT NULL THEN 'repeated'
                WHEN m.role IS NULL THEN 'not_member'
                WHEN s.reply IS NOT NULL AND answered.room_id IS DISTINCT FROM s.room THEN 'no_reply'
                ELSE 'new'
            END AS verdict,
            coalesce(by_id.id, by_client.id) AS known,
            s.id, s.author, u.username, s.client, s.reply, s.kind, s.content, s.at, s.job,
            NULL::jsonb AS mentions, NULL::jsonb AS previews, NULL::bigint AS known_seq, NULL::jsonb AS known_mentions
        FROM unnest(s_ord, s_id, s_room, s_user, s_client, s_reply, s_kind, s_content, s_at, s_job)
            AS s (ord, id, room, author, client, reply, kind, content, at, job)
        LEFT JOIN rooms r ON r.id = s.room AND r.deleted_at IS NULL
        LEFT JOIN members m ON m.room_id = s.room AND m.user_id = s.author
        LEFT JOIN users u ON u.id = s.author
        LEFT JOIN messages by_id ON by_id.id = s.id
        LEFT JOIN messages by_client
            ON by_client.client_id = s.client AND by_client.user_id = s.author
            AND by_client.room_id IS NOT DISTINCT FROM s.room
        LEFT JOIN messages answered ON answered.id = s.reply
    ), found AS (
        SELECT e.ord, e.room, r.rev, r.last_seq, 'enriched', m.id,
            m.id, NULL, NULL, NULL, NULL::uuid, NULL, NULL, NULL::timestamptz, NULL::uuid,
            e.mentions::jsonb, e.previews::jsonb, m.seq, m.mentions
        FROM unnest(e_ord, e_room, e_message, e_content_rev, e_mentions, e_previews)
            AS e (ord, room, message, content_rev, mentions, previews)
        JOIN messages m ON m.id = e.message
        JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL
        WHERE m.room_id IS NOT DISTINCT FROM e.room AND m.content_rev = e.content_rev AND m.deleted_at IS NULL
            AND NOT coalesce(m.mentions @> e.mentions::jsonb, m.previews @> e.previews::jsonb, false)
    ), numbered AS (
        SELECT c.*,
            c.base_rev + count(*) FILTER (WHERE c.verdict IN ('new', 'enriched')) OVER place AS rev,
            c.base_seq + count(*) FILTER (WHERE c.verdict = 'new') OVER place AS seq
        FROM (SELECT * FROM judged UNION ALL SELECT * FROM found) c
        WINDOW place AS (PARTITION BY c.room ORDER BY c.ord ROWS UNBOUNDED PRECEDING)
    ), written AS (
        INSERT INTO messages
            (room_id, seq, rev, first_rev, content_rev,
            id, user_id, username, kind, content, client_id, reply_to, created_at)
        SELECT n.room, n.seq, n.rev, n.rev, n.rev,
            n.id, n.author, n.username, n.kind, n.content, n.client, n.reply, n.at
        FROM numbered n WHERE n.verdict = 'new'
    ), queued AS (
        INSERT INTO jobs (id, type, payload, lease_until, handed_at)
        SELECT n.job, 'message.enrich',
            json_build_object('roomId', n.room, 'messageId', n.id, 'contentRev', n.rev, 'content', n.content),
            now() + first_lease, n.at
        FROM numbered n WHERE n.verdict = 'new'
    ), read AS (
        UPDATE members m SET last_read_seq = s.seq
        FROM (
            SELECT n.room, n.author, max(n.seq) AS seq FROM numbered n WHERE n.verdict = 'new' GROUP BY n.room, n.author
        ) s
        WHERE m.room_id = s.room AND m.user_id = s.author AND m.last_read_seq < s.seq
    ), enriched AS (
        UPDATE messages m
        SET rev = e.rev, mentions = coalesce(e.mentions, m.mentions), previews = coalesce(e.previews, m.previews)
        FROM (
            SELECT n.id, max(n.rev) AS rev,
                (array_agg(n.mentions) FILTER (WHERE n.mentions IS NOT NULL))[1] AS mentions,
                (array_agg(n.previews) FILTER (WHERE n.previews IS NOT NULL))[1] AS previews
            FROM numbered n WHERE n.verdict = 'enriched' GROUP BY n.id
        ) e
        WHERE m.id = e.id
    ), mentioned AS (
        INSERT INTO mentions (room_id, user_id, seq)
        SELECT n.room, who, n.known_seq FROM numbered n CROSS JOIN LATERAL jsonb_array_elements_text(n.mentions) who
        WHERE n.verdict = 'enriched' AND n.mentions IS NOT NULL
        ON CONFLICT DO NOTHING
    ), unmentioned AS (
        DELETE FROM mentions t
        USING (
            SELECT n.room, who, n.known_seq
            FROM numbered n CROSS JOIN LATERAL jsonb_array_elements_text(n.known_mentions) who
            WHERE n.verdict = 'enriched' AND NOT n.mentions ? who
        ) g
        WHERE t.room_id = g.room AND t.user_id = g.who AND t.seq = g.known_seq
    ), finished AS (
        DELETE FROM jobs WHERE id = ANY (done)
    ), moved AS (
        UPDATE rooms r SET rev = s.rev, last_seq = s.seq
        FROM (
            SELECT n.room, max(n.rev) AS rev, max(n.seq) AS seq
            FROM numbered n WHERE n.verdict IN ('new', 'enriched') GROUP BY n.room
        ) s
        WHERE r.id = s.room
    )
    SELECT n.ord, n.verdict, n.seq, n.rev, n.username,
        m.id, m.room_id, m.seq, m.rev, m.user_id, m.username, m.content,
        m.kind, m.created_at, m.client_id, m.reply_to, m.edited_at,
        m.deleted_at, m.mentions::text, m.previews::text
    FROM numbered n LEFT JOIN messages m ON m.id = n.known;
END
$$;
