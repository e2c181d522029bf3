-- What the operator's rules have done to messages, and why; the commit that does it; and jobs that say whose message they are about.

-- An entry for each text that was judged.
CREATE TABLE moderation (
    room_id     text COLLATE "C" NOT NULL,
    -- The rev that gave the message the text.
    content_rev bigint NOT NULL,
    seq         bigint NOT NULL,
    message_id  uuid NOT NULL,
    user_id     text COLLATE "C" NOT NULL,
    action      text NOT NULL CONSTRAINT moderation_action CHECK (action IN ('mask', 'remove')),
    reason      text NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (room_id, content_rev)
);

-- What is old goes.
CREATE INDEX moderation_age ON moderation (at);

-- As before; what it stores for the job says also where the message is, whose it is and what it answers.
CREATE OR REPLACE FUNCTION commit_sends(
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
            CASE WHEN n.reply IS NULL THEN json_build_object(
                'roomId', n.room, 'messageId', n.id, 'contentRev', n.rev, 'content', n.content, 'seq', n.seq, 'userId', n.author
            ) ELSE json_build_object(
                'roomId', n.room, 'messageId', n.id, 'contentRev', n.rev, 'content', n.content, 'seq', n.seq, 'userId', n.author,
                'replyTo', n.reply
            ) END,
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

-- The commit of everything else, as in 0006, which says what it does and why, with what the operator's rules say of a text: a mask, or,
-- where there is a reason without one, a removal (e_masked, e_reason, e_judged; all null where they say nothing). A removal is
-- numbered and written like a deletion; no other change of its message is in the batch. A mask leaves content_rev as it is: asked for
-- again, it finds that the message has that text. What is applied is noted in the same statement.
CREATE FUNCTION commit_changes(
    p_rooms text[],
    s_ord int[], s_id uuid[], s_room text[], s_user text[], s_client text[], s_reply uuid[],
    s_kind text[], s_content text[], s_at timestamptz[], s_job uuid[],
    e_ord int[], e_room text[], e_message uuid[], e_content_rev bigint[], e_mentions text[], e_previews text[],
    done uuid[], first_lease interval,
    p_acts json, p_claps json, p_room_changes json,
    e_masked text[], e_reason text[], e_judged timestamptz[]
) RETURNS TABLE (
    ord int, verdict text, seq bigint, rev bigint, username text, detail text,
    known uuid, known_room text, known_seq bigint, known_rev bigint, known_user text, known_username text, known_content text,
    known_kind text, known_at timestamptz, known_client text, known_reply uuid, known_edited timestamptz,
    known_deleted timestamptz, known_claps bigint, known_reactions text, known_mentions text, known_previews text
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    acts judged_change[] := '{}';
BEGIN
    PERFORM FROM rooms WHERE id = ANY (p_rooms) ORDER BY id FOR NO KEY UPDATE;

    IF p_acts IS NOT NULL THEN
        acts := acts || ARRAY (SELECT a FROM judge_acts(p_acts) a);
    END IF;
    IF p_claps IS NOT NULL THEN
        acts := acts || ARRAY (SELECT a FROM judge_claps(p_claps) a);
    END IF;
    IF p_room_changes IS NOT NULL THEN
        acts := acts || ARRAY (SELECT a FROM judge_room_changes(p_room_changes) a);
    END IF;

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
            NULL::jsonb AS mentions, NULL::jsonb AS previews, NULL::bigint AS known_seq, NULL::jsonb AS known_mentions,
            NULL::bigint AS claps_total, NULL::jsonb AS reactions, NULL::json AS detail,
            NULL AS masked, NULL AS reason, NULL::bigint AS judged_rev
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
        SELECT e.ord, e.room, r.rev, r.last_seq, CASE WHEN e.removes THEN 'erased' ELSE 'enriched' END, m.id,
            m.id, m.user_id, NULL, NULL, NULL::uuid, NULL, CASE WHEN e.removes THEN '' END, e.judged, NULL::uuid,
            e.mentions::jsonb, e.previews::jsonb, m.seq, m.mentions,
            NULL::bigint, NULL::jsonb, NULL::json,
            e.masked, e.reason, e.content_rev
        FROM (
            SELECT *, u.reason IS NOT NULL AND u.masked IS NULL AS removes
            FROM unnest(e_ord, e_room, e_message, e_content_rev, e_mentions, e_previews, e_masked, e_reason, e_judged)
                AS u (ord, room, message, content_rev, mentions, previews, masked, reason, judged)
        ) e
        JOIN messages m ON m.id = e.message
        JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL
        WHERE m.room_id IS NOT DISTINCT FROM e.room AND m.content_rev = e.content_rev AND m.deleted_at IS NULL
            AND CASE
                WHEN e.removes OR e.masked <> m.content THEN true
                WHEN e.mentions IS NOT NULL THEN NOT coalesce(m.mentions @> e.mentions::jsonb, false)
                WHEN e.previews IS NOT NULL THEN NOT coalesce(m.previews @> e.previews::jsonb, false)
                ELSE false
            END
    ), acted AS (
        SELECT a.ord, a.room, a.base_rev, a.base_seq, a.verdict, a.message,
            a.message, a.author, NULL, NULL, NULL::uuid, NULL, a.content, a.at, a.job,
            NULL::jsonb, NULL::jsonb, a.known_seq, a.known_mentions,
            a.claps_total, a.reactions, a.detail,
            NULL, NULL, NULL::bigint
        FROM unnest(acts) a
    ), numbered AS (
        SELECT c.*,
            c.base_rev + count(*) FILTER (
                WHERE c.verdict IN ('new', 'enriched', 'edited', 'erased', 'reacted', 'clapped', 'updated', 'closed')
            ) OVER place AS rev,
            c.base_seq + count(*) FILTER (WHERE c.verdict = 'new') OVER place AS seq
        FROM (SELECT * FROM judged UNION ALL SELECT * FROM found UNION ALL SELECT * FROM acted) c
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
            CASE WHEN coalesce(n.reply, m.reply_to) IS NULL THEN json_build_object(
                'roomId', n.room, 'messageId', n.id, 'contentRev', n.rev, 'content', n.content,
                'seq', coalesce(m.seq, n.seq), 'userId', coalesce(m.user_id, n.author)
            ) ELSE json_build_object(
                'roomId', n.room, 'messageId', n.id, 'contentRev', n.rev, 'content', n.content,
                'seq', coalesce(m.seq, n.seq), 'userId', coalesce(m.user_id, n.author), 'replyTo', coalesce(n.reply, m.reply_to)
            ) END,
            now() + first_lease, n.at
        FROM numbered n LEFT JOIN messages m ON m.id = n.known WHERE n.verdict IN ('new', 'edited')
    ), read AS (
        UPDATE members m SET last_read_seq = s.seq
        FROM (
            SELECT n.room, n.author, max(n.seq) AS seq FROM numbered n WHERE n.verdict = 'new' GROUP BY n.room, n.author
        ) s
        WHERE m.room_id = s.room AND m.user_id = s.author AND m.last_read_seq < s.seq
    ), changed AS (
        UPDATE messages m
        SET rev = e.rev,
            content = coalesce(e.content, e.masked, m.content),
            content_rev = CASE WHEN e.content IS NULL THEN m.content_rev ELSE e.rev END,
            edited_at = coalesce(e.edited_at, m.edited_at),
            deleted_at = coalesce(e.deleted_at, m.deleted_at),
            claps_total = coalesce(e.claps_total, m.claps_total),
            reactions = coalesce(e.reactions, m.reactions),
            mentions = CASE WHEN e.content IS NULL THEN coalesce(e.mentions, m.mentions) END,
            previews = CASE WHEN e.content IS NULL THEN coalesce(e.previews, m.previews) END
        FROM (
            SELECT n.id, max(n.rev) AS rev, max(n.content) AS content, max(n.masked) AS masked,
                max(n.at) FILTER (WHERE n.verdict = 'edited') AS edited_at,
                max(n.at) FILTER (WHERE n.verdict = 'erased') AS deleted_at,
                max(n.claps_total) AS claps_total,
                (array_agg(n.reactions) FILTER (WHERE n.reactions IS NOT NULL))[1] AS reactions,
                (array_agg(n.mentions) FILTER (WHERE n.mentions IS NOT NULL))[1] AS mentions,
                (array_agg(n.previews) FILTER (WHERE n.previews IS NOT NULL))[1] AS previews
            FROM numbered n WHERE n.verdict IN ('enriched', 'edited', 'erased', 'reacted', 'clapped') GROUP BY n.id
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
            WHERE (n.verdict = 'enriched' AND NOT n.mentions ? who) OR n.verdict IN ('edited', 'erased')
        ) g
        WHERE t.room_id = g.room AND t.user_id = g.who AND t.seq = g.known_seq
    ), noted AS (
        INSERT INTO moderation (room_id, content_rev, seq, message_id, user_id, action, reason, at)
        SELECT n.room, n.judged_rev, n.known_seq, n.id, n.author,
            CASE n.verdict WHEN 'erased' THEN 'remove' ELSE 'mask' END, n.reason, n.at
        FROM numbered n WHERE n.reason IS NOT NULL
        ON CONFLICT (room_id, content_rev) DO UPDATE SET action = excluded.action, reason = excluded.reason, at = excluded.at
    ), finished AS (
        DELETE FROM jobs WHERE id = ANY (done)
    ), moved AS (
        UPDATE rooms r SET rev = s.rev, last_seq = s.seq
        FROM (
            SELECT n.room, max(n.rev) AS rev, max(n.seq) AS seq
            FROM numbered n
            WHERE n.verdict IN ('new', 'enriched', 'edited', 'erased', 'reacted', 'clapped', 'updated', 'closed')
            GROUP BY n.room
        ) s
        WHERE r.id = s.room
    )
    SELECT n.ord, n.verdict, n.seq, n.rev, n.username, n.detail::text,
        m.id, m.room_id, m.seq, m.rev, m.user_id, m.username, m.content,
        m.kind, m.created_at, m.client_id, m.reply_to, m.edited_at, m.deleted_at,
        coalesce(n.claps_total, m.claps_total), coalesce(n.reactions, m.reactions)::text, m.mentions::text, m.previews::text
    FROM numbered n LEFT JOIN messages m ON m.id = n.known;

    IF p_acts IS NOT NULL THEN
        INSERT INTO reactions (message_id, user_id, emoji)
        SELECT a.message, a.author, a.emoji
        FROM json_to_recordset(p_acts) AS a (ord int, message uuid, author text, emoji text, "on" boolean)
        JOIN unnest(acts) j ON j.ord = a.ord
        WHERE j.verdict = 'reacted' AND a."on";
        DELETE FROM reactions x
        USING json_to_recordset(p_acts) AS a (ord int, message uuid, author text, emoji text, "on" boolean)
        JOIN unnest(acts) j ON j.ord = a.ord
        WHERE j.verdict = 'reacted' AND NOT a."on"
            AND x.message_id = a.message AND x.user_id = a.author AND x.emoji = a.emoji;
    END IF;
    IF p_claps IS NOT NULL THEN
        INSERT INTO claps AS c (message_id, user_id, count)
        SELECT j.message, b."userId", b.count
        FROM unnest(acts) j CROSS JOIN LATERAL json_to_recordset(j.detail) AS b ("userId" text, count smallint)
        WHERE j.verdict = 'clapped'
        ON CONFLICT (message_id, user_id) DO UPDATE SET count = excluded.count WHERE c.count < excluded.count;
    END IF;
    IF p_room_changes IS NOT NULL THEN
        UPDATE rooms r
        SET name = coalesce(a.name, r.name), name_key = coalesce(a.name_key, r.name_key),
            topic = CASE WHEN a.sets_topic THEN a.topic ELSE r.topic END,
            visibility = coalesce(a.visibility, r.visibility),
            changed_rev = CASE j.verdict WHEN 'updated' THEN r.rev ELSE r.changed_rev END,
            access_rev = r.access_rev + CASE WHEN j.verdict = 'closed' OR a.visibility <> r.visibility THEN 1 ELSE 0 END,
            deleted_at = CASE j.verdict WHEN 'closed' THEN a.at END,
            deletion = CASE j.verdict WHEN 'closed' THEN a.id END
        FROM json_to_recordset(p_room_changes) AS a (
            ord int, id uuid, at timestamptz, name text, name_key text, sets_topic boolean, topic text, visibility text
        )
        JOIN unnest(acts) j ON j.ord = a.ord
        WHERE r.id = j.room AND j.verdict IN ('updated', 'closed');
    END IF;
    IF cardinality(acts) > 0 THEN
        INSERT INTO batches (id) SELECT j.id FROM unnest(acts) j WHERE j.moves AND j.id IS NOT NULL ON CONFLICT DO NOTHING;
        -- More at a time than come in with one call, and none that another call is about to remove.
        DELETE FROM batches WHERE id = ANY (ARRAY (
            SELECT b.id FROM batches b WHERE b.at < now() - interval '1 hour' ORDER BY b.at LIMIT 1024 FOR UPDATE SKIP LOCKED
        ));
    END IF;
END
$$;

-- For replicas of the version before: they ask for no masks and no removals.
CREATE OR REPLACE FUNCTION commit_changes(
    p_rooms text[],
    s_ord int[], s_id uuid[], s_room text[], s_user text[], s_client text[], s_reply uuid[],
    s_kind text[], s_content text[], s_at timestamptz[], s_job uuid[],
    e_ord int[], e_room text[], e_message uuid[], e_content_rev bigint[], e_mentions text[], e_previews text[],
    done uuid[], first_lease interval,
    p_acts json, p_claps json, p_room_changes json
) RETURNS TABLE (
    ord int, verdict text, seq bigint, rev bigint, username text, detail text,
    known uuid, known_room text, known_seq bigint, known_rev bigint, known_user text, known_username text, known_content text,
    known_kind text, known_at timestamptz, known_client text, known_reply uuid, known_edited timestamptz,
    known_deleted timestamptz, known_claps bigint, known_reactions text, known_mentions text, known_previews text
)
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN QUERY SELECT * FROM commit_changes(
        p_rooms, s_ord, s_id, s_room, s_user, s_client, s_reply, s_kind, s_content, s_at, s_job,
        e_ord, e_room, e_message, e_content_rev, e_mentions, e_previews,
        done, first_lease, p_acts, p_claps, p_room_changes,
        NULL::text[], NULL::text[], NULL::timestamptz[]
    );
END
$$;
