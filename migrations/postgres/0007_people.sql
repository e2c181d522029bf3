-- Passwords, when people were last seen, sessions that ended, direct rooms, and the number of members, kept instead of counted.

ALTER TABLE users
    -- The hash in PHC format; null for who has none (guests, external tokens).
    ADD COLUMN password text,
    -- The display name in lower case, as Rust makes it: searches find the same on both backends.
    ADD COLUMN display_key text COLLATE "C",
    ADD COLUMN last_seen_at timestamptz,
    -- Who goes is noted in their row: room for HOT updates.
    SET (fillfactor = 80);
UPDATE users SET display_key = lower(display_name) WHERE display_name IS NOT NULL;

-- The log-outs, and the families whose tokens were used twice.
CREATE TABLE ended_sessions (
    family     uuid PRIMARY KEY,
    user_id    text COLLATE "C" NOT NULL CONSTRAINT ended_sessions_user REFERENCES users (id),
    logged_out boolean NOT NULL,
    -- By the clock of whoever ended it.
    at         timestamptz NOT NULL
);
CREATE INDEX ended_sessions_at ON ended_sessions (at);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- The two users of a direct room; null for other rooms.
ALTER TABLE rooms ADD COLUMN direct_key text COLLATE "C";
CREATE UNIQUE INDEX rooms_direct_key ON rooms (direct_key) WHERE direct_key IS NOT NULL;

CREATE INDEX members_owners ON members (room_id, user_id) WHERE role = 'owner';

-- The number of members: not in rooms, whose rows belong to commits, and not counted for each reader.
CREATE TABLE room_counts (
    room_id text COLLATE "C" PRIMARY KEY,
    members bigint NOT NULL
) WITH (fillfactor = 50);

-- Whoever adds or removes members, this counts them, as the last step of the same statement and in the order of room ids: it waits
-- for nobody who waits for one of its members, nor in a circle for another count.
CREATE FUNCTION count_members() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO room_counts AS c (room_id, members)
    SELECT room_id, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END FROM changed GROUP BY room_id ORDER BY room_id
    ON CONFLICT (room_id) DO UPDATE SET members = c.members + excluded.members;
    RETURN NULL;
END
$$;
CREATE TRIGGER members_came AFTER INSERT ON members
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_members();
CREATE TRIGGER members_went AFTER DELETE ON members
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_members();
-- After the triggers, whose making lets nobody else write to the table until this is done.
INSERT INTO room_counts (room_id, members) SELECT room_id, count(*) FROM members GROUP BY room_id;

-- Gives a member another role, or without one ends the membership: see MemberStore for what it promises.
--
-- It locks the room as a commit does, so that two owners who leave at once go one after the other, and the member; what it looks at
-- then is what nobody else can change.
CREATE FUNCTION change_member(
    p_room text, p_visibility text, p_actor text, p_actor_role text, p_subject text, p_subject_role text, p_role text
) RETURNS TABLE (verdict text, id text, username text, display_name text, role text, joined_at timestamptz)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_verdict text;
    v_joined_at timestamptz;
BEGIN
    PERFORM FROM rooms WHERE id = p_room FOR NO KEY UPDATE;
    PERFORM FROM members WHERE room_id = p_room AND user_id = p_subject FOR UPDATE;

    SELECT CASE
            WHEN p_subject_role <> 'owner' OR p_role = 'owner' THEN 'done'
            WHEN EXISTS (
                SELECT FROM members o WHERE o.room_id = p_room AND o.role = 'owner' AND o.user_id <> p_subject
            ) THEN 'done'
            WHEN p_role IS NULL AND NOT EXISTS (
                SELECT FROM members o WHERE o.room_id = p_room AND o.user_id <> p_subject
            ) THEN 'done'
            ELSE 'last_owner'
        END, s.joined_at
    INTO v_verdict, v_joined_at
    FROM rooms r
    JOIN members a ON a.room_id = r.id AND a.user_id = p_actor AND a.role = p_actor_role
    JOIN members s ON s.room_id = r.id AND s.user_id = p_subject AND s.role = p_subject_role
    WHERE r.id = p_room AND r.deleted_at IS NULL AND r.visibility = p_visibility;

    IF v_verdict = 'done' AND p_role IS NULL THEN
        DELETE FROM members WHERE room_id = p_room AND user_id = p_subject;
        UPDATE rooms SET access_rev = access_rev + 1 WHERE id = p_room;
    ELSIF v_verdict = 'done' THEN
        UPDATE members SET role = p_role WHERE room_id = p_room AND user_id = p_subject;
    END IF;
    RETURN QUERY
    SELECT coalesce(v_verdict, 'moved'), u.id, u.username, u.display_name, coalesce(p_role, p_subject_role), v_joined_at
    FROM (SELECT) one LEFT JOIN users u ON u.id = p_subject;
END
$$;

-- Makes somebody a member: see MemberStore for what it promises.
--
-- It does not lock the room, in which commits may be under way; but nobody can remove the actor while it works, just as a foreign
-- key would see to it.
CREATE FUNCTION add_member(
    p_room text, p_visibility text, p_actor text, p_actor_role text, p_subject text, p_role text, p_at timestamptz
) RETURNS TABLE (verdict text, id text, username text, display_name text, role text, joined_at timestamptz)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM members WHERE room_id = p_room AND user_id = p_actor FOR KEY SHARE;

    RETURN QUERY
    WITH allowed AS MATERIALIZED (
        SELECT r.id, r.last_seq FROM rooms r
        JOIN members a ON a.room_id = r.id AND a.user_id = p_actor AND a.role = p_actor_role
        WHERE r.id = p_room AND r.deleted_at IS NULL AND r.visibility = p_visibility
    ), added AS (
        INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq)
        SELECT r.id, u.id, p_role, p_at, r.last_seq FROM allowed r JOIN users u ON u.id = p_subject
        ON CONFLICT (room_id, user_id) DO NOTHING
        RETURNING user_id
    )
    SELECT CASE
            WHEN NOT EXISTS (SELECT FROM allowed) THEN 'moved'
            WHEN u.id IS NULL THEN 'no_user'
            WHEN added.user_id IS NULL THEN 'moved'
            ELSE 'done'
        END, u.id, u.username, u.display_name, p_role, p_at
    FROM (SELECT) one LEFT JOIN users u ON u.id = p_subject LEFT JOIN added ON added.user_id = u.id;
END
$$;

-- Ends the family of a token and notes it; answers with the family and its user, nothing for an unknown token.
--
-- A rotation under way holds the row of its old token, so revoking waits for it, but does not see its new one: therefore again,
-- until nothing is left. A rotation that comes later finds its token revoked. The note comes first: of several calls for
-- one family, all but one wait there.
CREATE FUNCTION end_session(p_hash bytea, p_logged_out boolean, p_at timestamptz)
RETURNS TABLE (family uuid, user_id text)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_family uuid;
    v_user text;
BEGIN
    SELECT t.family, t.user_id INTO v_family, v_user FROM refresh_tokens t WHERE t.hash = p_hash;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO ended_sessions AS e (family, user_id, logged_out, at) VALUES (v_family, v_user, p_logged_out, p_at)
    ON CONFLICT (family) DO UPDATE SET logged_out = true, at = excluded.at WHERE excluded.logged_out AND NOT e.logged_out;
    LOOP
        UPDATE refresh_tokens t SET revoked_at = p_at WHERE t.family = v_family AND t.revoked_at IS NULL;
        EXIT WHEN NOT FOUND;
    END LOOP;
    RETURN QUERY SELECT v_family, v_user;
END
$$;
