-- What people do with messages beside sending them, and with rooms: tables for it, and the commit that knows it.

ALTER TABLE messages
    ADD COLUMN claps_total bigint NOT NULL DEFAULT 0,
    -- [{ emoji, count }] in the order in which they were first chosen; null while nobody has reacted.
    ADD COLUMN reactions jsonb;

-- Which RoomDeletion ended the room: a repeat of it is told from somebody else's.
ALTER TABLE rooms ADD COLUMN deletion uuid;

CREATE TABLE claps (
    message_id uuid NOT NULL,
    user_id    text COLLATE "C" NOT NULL,
    count      smallint NOT NULL,
    PRIMARY KEY (message_id, user_id)
) WITH (fillfactor = 70); -- people clap more than once

CREATE TABLE reactions (
    message_id uuid NOT NULL,
    user_id    text COLLATE "C" NOT NULL,
    emoji      text COLLATE "C" NOT NULL,
    PRIMARY KEY (message_id, user_id, emoji)
);

-- Ids of changes that have been made and must not be made twice. Nobody asks again after an hour.
CREATE TABLE batches (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX batches_by_age ON batches (at);

-- A change of the batch, judged: a row of what the commit numbers.
CREATE TYPE judged_change AS (
    ord            int,
    room           text,
    base_rev       bigint,
    base_seq       bigint,
    verdict        text,
    -- Whether it takes a rev.
    moves          boolean,
    -- The message that it is about; null where the asker is not told of it.
    message        uuid,
    -- Its id for the table of batches.
    id             uuid,
    author         text,
    content        text,
    at             timestamptz,
    job            uuid,
    known_seq      bigint,
    known_mentions jsonb,
    claps_total    bigint,
    reactions      jsonb,
    detail         json
);

-- A user's rank, as the domain's permission::rank has it.
CREATE FUNCTION rank_of(role text) RETURNS int
LANGUAGE sql IMMUTABLE
AS $$ SELECT CASE role WHEN 'owner' THEN 3 WHEN 'moderator' THEN 2 WHEN 'member' THEN 1 ELSE 0 END $$;

-- Edits, deletions and reactions. What it takes to do each comes with it, from the domain's table: `least` and `own` are ranks.
CREATE FUNCTION judge_acts(p_acts json) RETURNS SETOF judged_change
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN QUERY
    WITH asked AS (
        SELECT a.*, r.id IS NULL OR m.id IS NULL OR m.room_id <> a.room OR (k.role IS NULL AND r.visibility <> 'public') AS hidden,
            rank_of(k.role) AS rank,
            rank_of(k.role) >= CASE WHEN m.user_id = a.author THEN a.own ELSE a.least END
                AND (a.in_direct OR r.visibility <> 'direct') AS may,
            r.rev AS base_rev, r.last_seq AS base_seq, b.id IS NOT NULL AS repeated,
            m.seq, m.content AS present, m.deleted_at, m.mentions, coalesce(m.reactions, '[]') AS reactions,
            x.message_id IS NOT NULL AS chosen,
            jsonb_build_array(jsonb_build_object('emoji', a.emoji)) AS single
        FROM json_to_recordset(p_acts) AS a (
            ord int, id uuid, room text, message uuid, author text, least int, own int, in_direct boolean, at timestamptz,
            kind text, content text, job uuid, emoji text, "on" boolean, emoji_max int
        )
        LEFT JOIN rooms r ON r.id = a.room AND r.deleted_at IS NULL
        LEFT JOIN messages m ON m.id = a.message
        LEFT JOIN members k ON k.room_id = a.room AND k.user_id = a.author
        LEFT JOIN reactions x ON x.message_id = a.message AND x.user_id = a.author AND x.emoji = a.emoji
        LEFT JOIN batches b ON b.id = a.id
    ), judged AS (
        SELECT a.*,
            CASE
                WHEN a.hidden THEN 'no_message'
                WHEN a.repeated THEN 'already'
                WHEN NOT a.may THEN CASE a.rank WHEN 0 THEN 'not_member' ELSE 'forbidden' END
                WHEN a.kind = 'delete' THEN CASE WHEN a.deleted_at IS NULL THEN 'erased' ELSE 'already' END
                WHEN a.deleted_at IS NOT NULL THEN 'deleted'
                WHEN a.kind = 'edit' THEN CASE WHEN a.content = a.present THEN 'already' ELSE 'edited' END
                WHEN a."on" = a.chosen THEN 'already'
                WHEN a."on" AND NOT a.reactions @> a.single AND jsonb_array_length(a.reactions) >= a.emoji_max THEN 'too_many'
                ELSE 'reacted'
            END AS verdict
        FROM asked a
    )
    SELECT j.ord, j.room, j.base_rev, j.base_seq, j.verdict, j.verdict IN ('edited', 'erased', 'reacted'),
        CASE WHEN j.verdict IN ('edited', 'erased', 'reacted', 'already') THEN j.message END,
        j.id, j.author, CASE j.verdict WHEN 'edited' THEN j.content WHEN 'erased' THEN '' END, j.at, j.job, j.seq, j.mentions,
        NULL::bigint,
        CASE WHEN j.verdict = 'reacted' THEN (
            SELECT coalesce(
                jsonb_agg(jsonb_build_object('emoji', e.emoji, 'count', e.count) ORDER BY e.place) FILTER (WHERE e.count > 0), '[]'
            )
            FROM (
                SELECT t.one ->> 'emoji' AS emoji, t.place,
                    (t.one ->> 'count')::bigint
                        + CASE WHEN t.one ->> 'emoji' <> j.emoji THEN 0 WHEN j."on" THEN 1 ELSE -1 END AS count
                FROM jsonb_array_elements(j.reactions) WITH ORDINALITY AS t (one, place)
                UNION ALL
                SELECT j.emoji, j.emoji_max + 1, 1 WHERE NOT j.reactions @> j.single
            ) e
        ) END,
        NULL::json
    FROM judged j;
END
$$;

-- Applause. `by` of the detail: everybody who may clap, with their count after it; of a repeat, everybody who may see the message.
CREATE FUNCTION judge_claps(p_claps json) RETURNS SETOF judged_change
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN QUERY
    WITH asked AS (
        SELECT a.*, r.visibility, r.rev AS base_rev, r.last_seq AS base_seq, b.id IS NOT NULL AS repeated,
            m.deleted_at, m.claps_total
        FROM json_to_recordset(p_claps) AS a (
            ord int, id uuid, room text, message uuid, least int, in_direct boolean, claps_max int, by json
        )
        JOIN rooms r ON r.id = a.room AND r.deleted_at IS NULL
        JOIN messages m ON m.id = a.message
        LEFT JOIN batches b ON b.id = a.id
        WHERE m.room_id IS NOT DISTINCT FROM a.room
    ), people AS (
        SELECT a.ord, p.place, p.clapper, k.role IS NOT NULL OR a.visibility = 'public' AS sees, rank_of(k.role) AS rank,
            rank_of(k.role) >= a.least AND (a.in_direct OR a.visibility <> 'direct') AS may,
            coalesce(c.count, 0) AS before, least(coalesce(c.count, 0) + p.count, a.claps_max) AS after
        FROM asked a
        CROSS JOIN LATERAL ROWS FROM (json_to_recordset(a.by) AS ("userId" text, count int))
            WITH ORDINALITY AS p (clapper, count, place)
        LEFT JOIN members k ON k.room_id = a.room AND k.user_id = p.clapper
        LEFT JOIN claps c ON c.message_id = a.message AND c.user_id = p.clapper
    ), together AS (
        SELECT p.ord, bool_or(p.sees) AS sees, bool_or(p.may) AS may, max(p.rank) AS rank,
            coalesce(sum(p.after - p.before) FILTER (WHERE p.may), 0) AS added,
            json_agg(json_build_object('userId', p.clapper, 'count', p.after) ORDER BY p.place) FILTER (WHERE p.may) AS after,
            json_agg(json_build_object('userId', p.clapper, 'count', p.before) ORDER BY p.place)
                FILTER (WHERE p.sees AND p.before > 0) AS before
        FROM people p GROUP BY p.ord
    ), judged AS (
        SELECT a.*, t.added, t.before, t.after,
            CASE
                WHEN t.sees IS NOT TRUE THEN 'no_message'
                WHEN a.repeated THEN 'already'
                WHEN NOT t.may THEN CASE t.rank WHEN 0 THEN 'not_member' ELSE 'forbidden' END
                WHEN a.deleted_at IS NOT NULL THEN 'deleted'
                WHEN t.added = 0 THEN 'already'
                ELSE 'clapped'
            END AS verdict
        FROM asked a LEFT JOIN together t ON t.ord = a.ord
    )
    SELECT j.ord, j.room, j.base_rev, j.base_seq, j.verdict, j.verdict = 'clapped',
        CASE WHEN j.verdict IN ('clapped', 'already') THEN j.message END,
        j.id, NULL::text, NULL::text, NULL::timestamptz, NULL::uuid, NULL::bigint, NULL::jsonb,
        CASE WHEN j.verdict = 'clapped' THEN j.claps_total + j.added END, NULL::jsonb,
        CASE WHEN j.repeated THEN j.before ELSE j.after END
    FROM judged j;
END
$$;

-- Changes of rooms themselves. The detail is the room as it is after it, but for its rev, its last seq and the number of its members.
CREATE FUNCTION judge_room_changes(p_changes json) RETURNS SETOF judged_change
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN QUERY
    WITH asked AS (
        SELECT a.*, r.rev AS base_rev, r.last_seq AS base_seq, r.deleted_at, r.deletion, r.created_by, r.created_at,
            b.id IS NOT NULL AS repeated, rank_of(k.role) AS rank,
            r.id IS NULL OR (k.role IS NULL AND r.visibility <> 'public') AS hidden,
            rank_of(k.role) >= a.least AND (a.in_direct OR r.visibility <> 'direct') AS may,
            r.name AS name_before, r.topic AS topic_before, r.visibility AS visibility_before
        FROM json_to_recordset(p_changes) AS a (
            ord int, id uuid, room text, author text, kind text, least int, in_direct boolean, at timestamptz,
            name text, sets_topic boolean, topic text, visibility text
        )
        LEFT JOIN rooms r ON r.id = a.room
        LEFT JOIN members k ON k.room_id = a.room AND k.user_id = a.author
        LEFT JOIN batches b ON b.id = a.id
    ), after AS (
        SELECT a.*, CASE WHEN a.repeated OR a.name IS NULL THEN a.name_before ELSE a.name END AS new_name,
            CASE WHEN a.repeated OR NOT a.sets_topic THEN a.topic_before ELSE a.topic END AS new_topic,
            CASE WHEN a.repeated OR a.visibility IS NULL THEN a.visibility_before ELSE a.visibility END AS new_visibility
        FROM asked a
    ), judged AS (
        SELECT a.*,
            CASE
                WHEN a.kind = 'close' AND a.deletion = a.id THEN 'already'
                WHEN a.hidden OR a.deleted_at IS NOT NULL THEN 'no_room'
                WHEN a.repeated THEN 'already'
                WHEN NOT a.may THEN CASE a.rank WHEN 0 THEN 'not_member' ELSE 'forbidden' END
                WHEN a.kind = 'close' THEN 'closed'
                WHEN (a.new_name, a.new_visibility) = (a.name_before, a.visibility_before)
                    AND a.new_topic IS NOT DISTINCT FROM a.topic_before THEN 'already'
                ELSE 'updated'
            END AS verdict
        FROM after a
    )
    SELECT j.ord, j.room, j.base_rev, j.base_seq, j.verdict, j.verdict IN ('updated', 'closed'), NULL::uuid,
        j.id, j.author, NULL::text, j.at, NULL::uuid, NULL::bigint, NULL::jsonb, NULL::bigint, NULL::jsonb,
        CASE WHEN j.kind = 'update' AND j.verdict IN ('updated', 'already') THEN json_build_object(
            'id', j.room, 'name', j.new_name, 'topic', j.new_topic, 'visibility', j.new_visibility,
            'createdBy', j.created_by, 'createdAt', (extract(epoch FROM j.created_at) * 1000)::bigint
        ) END
    FROM judged j;
END
$$;

-- The commit of a batch of changes, as one call: see MessageStore::commit for what it promises. It replaces the one before it.
--
-- The first statement takes the rooms' locks, in id order. Those after it see all that was committed before the locks were had; one
-- statement for both would look for duplicates in a snapshot older than its locks. Then, only if there are any, acts, claps and
-- changes of rooms are judged; then one statement judges sends and findings, numbers everything in the order of the batch, and
-- writes what takes a rev: all its parts see the same snapshot, taken before any of its own writes. Last, only if there are any
-- again, come the rows that bear no rev. Between these statements nothing that they look at can change but who is a member and as
-- what, and that is looked at once for each change.
--
-- The arrays hold one element a send (s_) or a finding (e_); the others are arrays of objects, null when there are none; ord is the
-- place in the batch. The caller has left out changes that another one of the batch answers for, and enrichments that found
-- nothing; `done` holds the jobs of all enrichments. Answers one row for each change, but for findings that do not apply and claps
-- for what is not there. The columns from `known` on are the message that was there before, as it was before the batch but for its
-- claps and reactions, which are those after the change; they are null for a new one.
--
-- Plans: the sessions that call this are told to keep one plan for all calls, and to reach rows by index whatever the statistics of
-- a new or fast growing table say. Messages are never compared by room with `=`: of the indexes that would then fit, some lead
-- through the whole room.

DROP FUNCTION commit_changes;

CREATE FUNCTION commit_changes(
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
            NULL::bigint AS claps_total, NULL::jsonb AS reactions, NULL::json AS detail
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
            e.mentions::jsonb, e.previews::jsonb, m.seq, m.mentions,
            NULL::bigint, NULL::jsonb, NULL::json
        FROM unnest(e_ord, e_room, e_message, e_content_rev, e_mentions, e_previews)
            AS e (ord, room, message, content_rev, mentions, previews)
        JOIN messages m ON m.id = e.message
        JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL
        WHERE m.room_id IS NOT DISTINCT FROM e.room AND m.content_rev = e.content_rev AND m.deleted_at IS NULL
            AND NOT coalesce(m.mentions @> e.mentions::jsonb, m.previews @> e.previews::jsonb, false)
    ), acted AS (
        SELECT a.ord, a.room, a.base_rev, a.base_seq, a.verdict, a.message,
            a.message, a.author, NULL, NULL, NULL::uuid, NULL, a.content, a.at, a.job,
            NULL::jsonb, NULL::jsonb, a.known_seq, a.known_mentions,
            a.claps_total, a.reactions, a.detail
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
            json_build_object('roomId', n.room, 'messageId', n.id, 'contentRev', n.rev, 'content', n.content),
            now() + first_lease, n.at
        FROM numbered n WHERE n.verdict IN ('new', 'edited')
    ), read AS (
        UPDATE members m SET last_read_seq = s.seq
        FROM (
            SELECT n.room, n.author, max(n.seq) AS seq FROM numbered n WHERE n.verdict = 'new' GROUP BY n.room, n.author
        ) s
        WHERE m.room_id = s.room AND m.user_id = s.author AND m.last_read_seq < s.seq
    ), changed AS (
        UPDATE messages m
        SET rev = e.rev,
            content = coalesce(e.content, m.content),
            content_rev = CASE WHEN e.content IS NULL THEN m.content_rev ELSE e.rev END,
            edited_at = coalesce(e.edited_at, m.edited_at),
            deleted_at = coalesce(e.deleted_at, m.deleted_at),
            claps_total = coalesce(e.claps_total, m.claps_total),
            reactions = coalesce(e.reactions, m.reactions),
            mentions = CASE WHEN e.content IS NULL THEN coalesce(e.mentions, m.mentions) END,
            previews = CASE WHEN e.content IS NULL THEN coalesce(e.previews, m.previews) END
        FROM (
            SELECT n.id, max(n.rev) AS rev, max(n.content) AS content,
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
