-- The commit of a batch that holds nothing but sends, as most do.

-- As commit_changes, which says what it does and why, without all that sends have no use for: starting and ending those parts costs
-- a small batch as much as its messages. Replicas of the version before go on with that one; both lock rooms in the same order.
CREATE FUNCTION commit_sends(
    p_rooms text[],
    s_ord int[], s_id uuid[], s_room text[], s_user text[], s_client text[], s_reply uuid[],
    s_kind text[], s_content text[], s_at timestamptz[], s_job uuid[], first_lease interval
) RETURNS TABLE (
    ord int, verdict text, seq bigint, rev bigint, username text, detail text,
    known uuid, known_room text, known_seq bigint, known_rev bigint, known_user text, known_username text, known_content text,
    known_kind text, known_at timestamptz, known_client text, known_reply uuid, known_edited timestamptz,
    known_deleted timestamptz, known_claps bigint, known_reactions text, known_mentions text, known_previews text
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
            s.id, s.author, u.username, s.client, s.reply, s.kind, s.content, s.at, s.job
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
    ), numbered AS (
        SELECT c.*, c.base_rev + count(*) FILTER (WHERE c.verdict = 'new') OVER place AS rev,
            c.base_seq + count(*) FILTER (WHERE c.verdict = 'new') OVER place AS seq
        FROM judged c
        WINDOW place AS (PARTITION BY c.room COLLATE "C" ORDER BY c.ord ROWS UNBOUNDED PRECEDING)
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
    ), moved AS (
        UPDATE rooms r SET rev = s.rev, last_seq = s.seq
        FROM (
            SELECT n.room, max(n.rev) AS rev, max(n.seq) AS seq FROM numbered n WHERE n.verdict = 'new' GROUP BY n.room
        ) s
        WHERE r.id = s.room
    )
    SELECT n.ord, n.verdict, n.seq, n.rev, n.username, NULL::text,
        m.id, m.room_id, m.seq, m.rev, m.user_id, m.username, m.content,
        m.kind, m.created_at, m.client_id, m.reply_to, m.edited_at, m.deleted_at,
        m.claps_total, m.reactions::text, m.mentions::text, m.previews::text
    FROM numbered n LEFT JOIN messages m ON m.id = n.known;
END
$$;
