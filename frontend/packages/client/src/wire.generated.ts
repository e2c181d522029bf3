// Made by `npm run wire` of the server's descriptions (belfry describe); not to be edited. wire.ts has the names to use.
export interface components {
  schemas: {
    /** @description Applause for a message. */
    Claps: {
      /**
       * Format: int64
       * @description The asking reader's; never in a broadcast.
       */
      mine?: number;
      /**
       * Format: int64
       * @description Everybody's.
       */
      total: number;
    };
    /** @description What makes a send idempotent for good: 1 to 64 characters, chosen by the client, unique for one user in one room. */
    ClientId: string;
    /**
     * @description Stable codes; the whole list. The same over Socket.IO and REST.
     * @enum {string}
     */
    Code: "invalid_argument" | "unauthenticated" | "forbidden" | "not_found" | "conflict" | "payload_too_large" | "rate_limited" | "unavailable" | "internal";
    /** @description The body of `POST /api/auth/register` and `POST /api/auth/login`. */
    Credentials: {
      /**
       * Format: password
       * @description 8 to 256 characters, and not the username.
       */
      password: string;
      /** @description The account's name, 1 to 32 characters; the same without case. */
      username: string;
    };
    /** @description The body of `POST /api/direct`. */
    DirectRequest: {
      /** @description Whom to talk to. */
      userId: components['schemas']['UserId'];
    };
    /** @description A message as a client writes it. */
    Draft: {
      /** @description Makes the send idempotent: the same user, room and `clientId` give the same message, for good. */
      clientId?: components['schemas']['ClientId'];
      /** @description 1 to 8,000 Unicode code points, not blank. */
      content: string;
      /** @description The message that this one answers, in the same room. */
      replyTo?: components['schemas']['MessageId'];
      /**
       * @description What kind of message a client may send.
       * @enum {string}
       */
      type?: "text";
    };
    /** @description An attempt that failed, or why a job was not even tried. */
    FailedAttempt: {
      /** @description When. */
      at: components['schemas']['Timestamp'];
      /**
       * Format: int32
       * @description Which one, from 1; 0 for a job that was never started.
       */
      attempt: number;
      /** @description Why, in at most [`ERROR_MAX`] characters. */
      error: string;
    };
    /** @description A job as an operator sees it: with whose it is, what it was given, and every attempt that failed. */
    FullJob: components['schemas']['JobView'] & {
      /** @description Not started by then, it is dead. */
      expiresAt?: components['schemas']['Timestamp'];
      /** @description Attempts that failed, oldest first. */
      failures: readonly components['schemas']['FailedAttempt'][];
      /** @description Whose. */
      owner?: components['schemas']['UserId'];
      /** @description What it was given. */
      payload: unknown;
    };
    /** @description A page of jobs as an operator sees them, the newest first. */
    FullJobListAnswer: {
      /** @description The jobs. */
      jobs: readonly components['schemas']['FullJob'][];
      /**
       * Format: uuid
       * @description Where the next page begins, if there is one.
       */
      nextCursor?: string;
    };
    /** @description The body of `POST /api/auth/guest`. */
    GuestRequest: {
      /** @description The name to be known by, 1 to 32 characters; one that is taken gets a suffix. */
      username: string;
    };
    /** @description The answer of `GET /health`. */
    HealthAnswer: {
      /** @description Always `ok`: the process is up. */
      status: string;
    };
    /**
     * @description How a `room:history` continues what the client has.
     * @enum {string}
     */
    HistoryMode: "page" | "delta" | "reset";
    /**
     * Format: uuid
     * @description A background job.
     */
    JobId: string;
    /** @description A page of jobs, the newest first. */
    JobListAnswer: {
      /** @description The jobs. */
      jobs: readonly components['schemas']['JobView'][];
      /**
       * Format: uuid
       * @description Where the next page begins, if there is one.
       */
      nextCursor?: string;
    };
    /** @description The body of `POST /api/jobs`. */
    JobRequest: {
      /**
       * Format: int64
       * @description Not before so many milliseconds: 0 to 31,536,000,000 (365 days).
       */
      delayMs?: number;
      /**
       * Format: int64
       * @description Not started within so many milliseconds, it is dead: more than the delay, and up to 365 days.
       */
      expiresMs?: number;
      /** @description What the type takes; null if not said. 64 KiB at most. */
      payload?: unknown;
      /** @description Before or after others; `normal` if not said. */
      priority?: components['schemas']['Priority'];
      /** @description Which type: `room.export`, or one that the operator has added. */
      type: string;
    };
    /** @description A job: the answer of most paths below `/api/jobs`, and `job:update`. */
    JobView: {
      /**
       * Format: int32
       * @description How often it has been tried.
       */
      attempts: number;
      /** @description When it was asked for. */
      createdAt: components['schemas']['Timestamp'];
      /** @description Why the last attempt failed. */
      error?: string;
      /** @description Fixed for good. */
      id: components['schemas']['JobId'];
      /**
       * Format: int32
       * @description How often it may be.
       */
      maxAttempts: number;
      /** @description Before or after others. */
      priority: components['schemas']['Priority'];
      /**
       * Format: int32
       * @description How far it is.
       */
      progress: number;
      /** @description What came of it; a file is described here and fetched with `/result`. */
      result?: unknown;
      /** @description While it is delayed: not before then. */
      runAt?: components['schemas']['Timestamp'];
      /** @description Where it stands. */
      state: components['schemas']['State'];
      /** @description Its last move or progress. */
      updatedAt: components['schemas']['Timestamp'];
      /** @description Which type. */
      type: string;
    };
    /** @description The asking member's standing; absent for anybody else. */
    MaybeStanding: {
      /**
       * Format: int64
       * @description The newest message they have read.
       */
      lastReadSeq?: number;
      /** @description What they may do. */
      role?: components['schemas']['Role'];
      /**
       * Format: int64
       * @description Messages after `lastReadSeq`.
       */
      unread?: number;
      /**
       * Format: int64
       * @description Those of them that mention the member.
       */
      unreadMentions?: number;
    };
    /** @description The body of `PATCH /api/me`. What is left out stays. */
    MePatch: {
      /** @description The name to be shown by, 1 to 64 characters that can be seen; null takes it away. */
      displayName?: string | null;
    };
    /** @description Somebody's place in a room. */
    MemberAnswer: {
      /** @description Since when. */
      joinedAt: components['schemas']['Timestamp'];
      /** @description What they may do. */
      role: components['schemas']['Role'];
      /** @description Who. */
      user: components['schemas']['User'];
    };
    /** @description The body of `POST /api/rooms/{id}/members`. */
    MemberRequest: {
      /** @description As what; `member` if not said. */
      role?: components['schemas']['Role'];
      /** @description Whom to add. */
      userId: components['schemas']['UserId'];
    };
    /** @description The answer of `GET /api/rooms/{id}/members`. */
    MembersAnswer: {
      /** @description Ascending by user id. */
      members: readonly components['schemas']['MemberAnswer'][];
      /** @description For the next page, if there is one. */
      nextCursor?: components['schemas']['UserId'];
    };
    /** @description A message in its current state, as every client sees it. */
    Message: {
      /** @description Applause. */
      claps: components['schemas']['Claps'];
      /** @description The sender's idempotency key. */
      clientId?: components['schemas']['ClientId'];
      /** @description The text; empty once deleted. */
      content: string;
      /** @description When it was deleted; it keeps its place. */
      deletedAt?: components['schemas']['Timestamp'];
      /** @description When its text was last changed by its author. */
      editedAt?: components['schemas']['Timestamp'];
      /** @description Fixed for good. */
      id: components['schemas']['MessageId'];
      /** @description Members named in the text; filled by the worker. */
      mentions: readonly components['schemas']['UserId'][];
      /** @description Links in the text; filled by the worker. */
      previews: readonly components['schemas']['Preview'][];
      /** @description Emoji, in the order in which they were first chosen. */
      reactions: readonly components['schemas']['Reaction'][];
      /** @description The message that this one answers. */
      replyTo?: components['schemas']['MessageId'];
      /**
       * Format: int64
       * @description The room's revision that its last change took.
       */
      rev: number;
      /** @description The room it is in. */
      roomId: components['schemas']['RoomId'];
      /**
       * Format: int64
       * @description Its place in the room.
       */
      seq: number;
      /** @description When the server took it. */
      timestamp: components['schemas']['Timestamp'];
      /** @description Who wrote it. */
      userId: components['schemas']['UserId'];
      /** @description The author's name when it was written. */
      username: string;
      /** @description What it is. */
      type: components['schemas']['MessageKind'];
    };
    /** @description The answer of `POST /api/rooms/{id}/messages`. */
    MessageAnswer: {
      /** @description The message, which is durable, with what is the caller's own (`mine`). */
      message: components['schemas']['Message'];
    };
    /**
     * Format: uuid
     * @description A message, in all rooms.
     */
    MessageId: string;
    /**
     * @description What a message is.
     * @enum {string}
     */
    MessageKind: "text" | "system" | "file";
    /** @description The answer of `GET /api/rooms/{id}/messages`. */
    MessagesAnswer: {
      /** @description Whether there is more in the direction asked; without a place: older. */
      hasMore: boolean;
      /** @description Ascending by `seq`, with what is the caller's own (`mine`). */
      messages: readonly components['schemas']['Message'][];
      /**
       * Format: int64
       * @description The room's revision when it was read.
       */
      rev: number;
    };
    /** @description A message that a rule has changed. */
    Moderated: {
      /** @description What was done. */
      action: components['schemas']['ModerationAction'];
      /** @description When. */
      at: components['schemas']['Timestamp'];
      /**
       * Format: int64
       * @description The revision that gave it the text that was judged. No other entry of the room has the same one.
       */
      contentRev: number;
      /** @description Which message. */
      messageId: components['schemas']['MessageId'];
      /** @description Why, in the operator's words. */
      reason: string;
      /** @description Where. */
      roomId: components['schemas']['RoomId'];
      /**
       * Format: int64
       * @description Its place.
       */
      seq: number;
      /** @description Whose it is. */
      userId: components['schemas']['UserId'];
    };
    /**
     * @description What is done to a message.
     * @enum {string}
     */
    ModerationAction: "mask" | "remove";
    /** @description The answer of `GET /api/rooms/{id}/moderation`. */
    ModerationAnswer: {
      /** @description Whether there are older ones. */
      hasMore: boolean;
      /** @description The newest text first; one entry for each text that was judged. */
      moderated: readonly components['schemas']['Moderated'][];
    };
    /** @description The answer of `GET /ready` where traffic should go elsewhere. */
    NotReadyAnswer: {
      /** @description `starting`, `draining`, `database`, or of a worker `queue`. */
      reason: string;
      /** @description Always `unavailable`. */
      status: string;
    };
    /** @description A notification as its user sees it: `notification`, and what `GET /api/notifications` lists. */
    Notification: {
      /** @description The beginning of the message's text as it is now (200 characters), or the backend's words. */
      body: string;
      /** @description When. */
      createdAt: components['schemas']['Timestamp'];
      /** @description Fixed for good; later ones sort later, as far as the clocks of the servers agree. */
      id: components['schemas']['NotificationId'];
      /** @description What it is about. */
      kind: components['schemas']['NotificationKind'];
      /** @description Which message. */
      messageId?: components['schemas']['MessageId'];
      /** @description In which room. */
      roomId?: components['schemas']['RoomId'];
      /** @description A line for people. */
      title: string;
    };
    /**
     * Format: uuid
     * @description A notification.
     */
    NotificationId: string;
    /**
     * @description What it is about.
     * @enum {string}
     */
    NotificationKind: "mention" | "reply" | "direct" | "invite" | "custom";
    /** @description The answer of `GET /api/notifications`. */
    NotificationsAnswer: {
      /** @description For the next page, if there is one. */
      nextCursor?: components['schemas']['NotificationId'];
      /** @description The newest first. One about a message shows its text as it is now. */
      notifications: readonly components['schemas']['Notification'][];
      /**
       * Format: int64
       * @description How many of all are unread: those after the last one that was marked as read, but for messages of rooms that have been read up
       *   to them. 1000 stands for more as well.
       */
      unread: number;
    };
    /** @description The body of `POST /api/notifications`. */
    NotifyRequest: {
      /** @description The rest: at most 2000 characters. */
      body?: string;
      /** @description A line: 1 to 200 characters, not blank. */
      title: string;
      /** @description Whom. */
      to: components['schemas']['UserId'];
    };
    /** @description The answer of `GET /api/rooms/{id}/presence`. */
    PresenceAnswer: {
      /** @description Who is live in the room; at most 200 of them. */
      online: readonly components['schemas']['User'][];
      /** @description All of them. */
      onlineCount: number;
    };
    /** @description What a link in a message leads to, in the page's own words. They are a stranger's: to be shown as text, never as markup. */
    Preview: {
      /** @description The linked page's own summary. */
      description?: string;
      /** @description A picture that stands for the page. */
      imageUrl?: string;
      /** @description The site's name. */
      siteName?: string;
      /** @description The linked page's title. */
      title?: string;
      /** @description As it stands in the text. */
      url: string;
    };
    /**
     * @description Which of the waiting jobs are started first. Lower ones get their share even while there are always higher ones.
     * @enum {string}
     */
    Priority: "high" | "normal" | "low";
    /** @description A failure (RFC 9457), `application/problem+json`. */
    ProblemDetails: {
      /** @description The same code as over Socket.IO. */
      code: components['schemas']['Code'];
      /** @description What is wrong and what to do. */
      detail: string;
      /**
       * Format: int64
       * @description In milliseconds: before then, trying again is of no use.
       */
      retryAfterMs?: number;
      /**
       * Format: int32
       * @description The HTTP status.
       */
      status: number;
      /** @description What all problems of this code have in common. */
      title: string;
      /**
       * Format: uri-reference
       * @description Where the code is explained, relative to the server: `/api/docs#error-…`.
       */
      type: string;
    };
    /** @description The answer of `POST /api/publish`: on its way, and best effort. */
    PublishAnswer: Record<string, never>;
    /** @description The body of `POST /api/publish`. */
    PublishRequest: {
      /** @description Its argument: any JSON, null if not said. */
      data?: unknown;
      /** @description Its name: 1 to 64 characters; none of Belfry's own events, nor of Socket.IO's. */
      event: string;
      /** @description To whom. */
      to: components['schemas']['PublishTo'];
    };
    /** @description Whom a backend's event is for: exactly one of them. */
    PublishTo: {
      room: components['schemas']['RoomId'];
    } | {
      user: components['schemas']['UserId'];
    } | {
      /** @constant */
      all: true;
    };
    /** @description One emoji under a message. */
    Reaction: {
      /**
       * Format: int64
       * @description How many people chose it.
       */
      count: number;
      /** @description The emoji itself. */
      emoji: string;
      /** @description Whether the asking reader did; never in a broadcast. */
      mine?: boolean;
    };
    /** @description The answer of `POST /api/notifications/read`. */
    ReadNotificationsAnswer: {
      /**
       * Format: int64
       * @description How many are unread.
       */
      unread: number;
    };
    /** @description The body of `POST /api/notifications/read`. */
    ReadNotificationsRequest: {
      /** @description This one and all older ones; the mark only moves forward, and not beyond the newest. */
      upTo: components['schemas']['NotificationId'];
    };
    /** @description The answer of `GET /ready` where traffic should come here. */
    ReadyAnswer: {
      /** @description What is away and can be done without: `redis`. Empty while nothing is. */
      degraded: readonly string[];
      /** @description Always `ok`. */
      status: string;
    };
    /** @description The body of `POST /api/auth/refresh` and `POST /api/auth/logout`. */
    RefreshRequest: {
      /** @description From the last session; good for one refresh. */
      refreshToken: string;
    };
    /**
     * @description What a member may do, in rising order.
     * @enum {string}
     */
    Role: "member" | "moderator" | "owner";
    /** @description The body of `PATCH /api/rooms/{id}/members/{userId}`. */
    RoleRequest: {
      /** @description The new role. */
      role: components['schemas']['Role'];
    };
    /** @description A room as everybody who may see it sees it. */
    Room: {
      /** @description When. */
      createdAt: components['schemas']['Timestamp'];
      /** @description Who made it. */
      createdBy: components['schemas']['UserId'];
      /** @description Fixed for good. */
      id: components['schemas']['RoomId'];
      /**
       * Format: int64
       * @description The `seq` of its newest message, 0 while it is empty.
       */
      lastSeq: number;
      /**
       * Format: int64
       * @description How many members it has; may change without a `rev`.
       */
      memberCount: number;
      /** @description What people call it, 1 to 80 characters. */
      name: string;
      /**
       * Format: int64
       * @description Its revision.
       */
      rev: number;
      /** @description What it is about. */
      topic?: string;
      /** @description Who may find it. */
      visibility: components['schemas']['Visibility'];
    };
    /** @description `room:history` */
    RoomHistory: {
      /** @description Whether there are older messages; false for a delta. */
      hasMore: boolean;
      /** @description Ascending by `seq`. */
      messages: readonly components['schemas']['Message'][];
      /** @description How it continues what the client has. */
      mode: components['schemas']['HistoryMode'];
      /**
       * Format: int64
       * @description The revision to which this carries the socket.
       */
      rev: number;
      /** @description The room, if it changed itself since the client's revision. */
      room?: components['schemas']['Room'];
      /** @description Which room. */
      roomId: components['schemas']['RoomId'];
    };
    /** @description A room's name on the wire: 1 to 64 characters of `[A-Za-z0-9_-]`. Never used again after the room is deleted. */
    RoomId: string;
    /** @description The body of `PATCH /api/rooms/{id}`. What is left out stays. */
    RoomPatch: {
      /** @description Another name, 1 to 80 characters. */
      name?: string;
      /** @description Another topic, at most 500 characters; null, or an empty one, takes it away. */
      topic?: string | null;
      visibility?: ("public" | "private") & Record<string, never>;
    };
    /** @description The body of `POST /api/rooms`. */
    RoomRequest: {
      /** @description Its id; made by the server if not said. */
      id?: components['schemas']['RoomId'];
      /** @description Its name, 1 to 80 characters. */
      name: string;
      /** @description What it is about, at most 500 characters. */
      topic?: string;
      /**
       * @description What a room may be made. A direct one is made by its own path, for two users.
       * @enum {string}
       */
      visibility?: "public" | "private";
    };
    /** @description A room as one user sees it: with their standing when they are a member. */
    RoomView: components['schemas']['Room'] & components['schemas']['MaybeStanding'];
    /** @description The answer of `GET /api/rooms`. */
    RoomsAnswer: {
      /** @description For the next page, if there is one. */
      nextCursor?: components['schemas']['RoomId'];
      /** @description Ascending by id. */
      rooms: readonly components['schemas']['RoomView'][];
    };
    /** @description What a log-in gives. */
    SessionAnswer: {
      /** @description For `Authorization: Bearer` and for the Socket.IO handshake. */
      accessToken: string;
      /**
       * Format: int64
       * @description Seconds for which the access token is good.
       */
      expiresIn: number;
      /** @description For the next session, once. */
      refreshToken: string;
      /** @description Who. */
      user: components['schemas']['User'];
    };
    /**
     * @description Where a job stands.
     * @enum {string}
     */
    State: "waiting" | "delayed" | "active" | "completed" | "dead" | "cancelled";
    /**
     * @description How reachable a user is.
     * @enum {string}
     */
    Status: "online" | "away" | "busy" | "offline";
    /**
     * Format: date-time
     * @description Milliseconds since 1970, UTC. On the wire RFC 3339 with three decimals and `Z`.
     *
     *   For people to read: nothing in Belfry takes its order from a clock.
     */
    Timestamp: string;
    /** @description A user as people see them. */
    User: {
      /** @description A name to show instead. */
      displayName?: string;
      /** @description Fixed for good. */
      id: components['schemas']['UserId'];
      /** @description When their last socket went; only while they are offline. */
      lastSeen?: components['schemas']['Timestamp'];
      /** @description How reachable they are. */
      status: components['schemas']['Status'];
      /** @description Unique without case. */
      username: string;
    };
    /** @description A user: 1 to 128 characters without control characters; an external token's `sub`, or made here. */
    UserId: string;
    /** @description The answer of `GET /api/users`. */
    UsersAnswer: {
      /** @description For the next page, if there is one. */
      nextCursor?: string;
      /** @description Ascending by username, without case. */
      users: readonly components['schemas']['User'][];
    };
    /**
     * @description Who may find a room and read it.
     * @enum {string}
     */
    Visibility: "public" | "private" | "direct";
    /** @description The answer of `GET /api/admin/visitor`. */
    VisitorAnswer: {
      /** @description Where the visitor is taken to come from: limits go by it. */
      address: string;
      /** @description The lines of `X-Forwarded-For`, as they came. */
      forwardedFor: readonly string[];
      /** @description `X-Forwarded-Proto`, as it came. */
      forwardedProto?: string;
      /** @description `Host`, as it came. */
      host?: string;
      /** @description Who is at the other end of the connection: the visitor, or the last proxy. */
      peer: string;
    };
    /** @description A person's claps. */
    ClapsOf: {
      /**
       * Format: int64
       * @description How many.
       */
      count: number;
      /** @description Who. */
      userId: components['schemas']['UserId'];
    };
    Failure: {
      error: components['schemas']['Problem'];
      /**
       * @description It is not done, or not known to be.
       * @constant
       */
      ok: false;
    };
    /** @description A failure as a client is told of it. */
    Problem: {
      /** @description What kind of failure. */
      code: components['schemas']['Code'];
      /** @description A sentence for people: what is wrong and what to do. */
      message: string;
      /**
       * Format: int64
       * @description In milliseconds: before then, trying again is of no use.
       */
      retryAfterMs?: number;
    };
    /**
     * @description Why somebody is in a room no more.
     * @enum {string}
     */
    RemovalReason: "kicked" | "left" | "notAllowed";
    /** @description Somebody who is writing. */
    Typist: {
      /** @description Who. */
      userId: components['schemas']['UserId'];
      /** @description Their name. */
      username: string;
    };
    /** @description The argument of `join:room`, where it is not just the room's id. */
    "client join:room": {
      /**
       * Format: int64
       * @description How many messages the first page holds; 50 if not said.
       */
      limit?: number;
      /** @description Which room. */
      roomId: components['schemas']['RoomId'];
      /**
       * Format: int64
       * @description The revision up to which the client knows the room; then only what changed since is sent.
       */
      since?: number;
    };
    /** @description The acknowledgement of `join:room`. */
    "answer join:room": {
      /** @description Who is live in the room; at most 200 of them. */
      online: readonly components['schemas']['User'][];
      /** @description All of them. */
      onlineCount: number;
      /**
       * Format: int64
       * @description The revision of the history that was sent before this.
       */
      rev: number;
      /** @description The room, with the member's standing. */
      room: components['schemas']['RoomView'];
      /** @description Who is writing. */
      typing: readonly components['schemas']['Typist'][];
    };
    /** @description The argument of events that name a room, where it is not just the room's id. */
    "client leave:room": {
      /** @description Which room. */
      roomId: components['schemas']['RoomId'];
    };
    /** @description The acknowledgement of events that have nothing to tell. */
    "answer leave:room": Record<string, never>;
    /** @description The argument of `message:clap`. */
    "client message:clap": {
      /**
       * Format: int64
       * @description How many claps to add, 1 if not said. A user's claps on one message stop at 50; the excess is ignored.
       */
      count?: number;
      /** @description Which message. */
      messageId: components['schemas']['MessageId'];
    };
    /** @description The acknowledgement of `message:clap`. */
    "answer message:clap": {
      /** @description Everybody's, and the caller's own. */
      claps: components['schemas']['Claps'];
    };
    /** @description The argument of `message:delete`. */
    "client message:delete": {
      /** @description Which message. */
      messageId: components['schemas']['MessageId'];
    };
    /** @description The acknowledgement of `message:send`, `message:edit` and `message:delete`. */
    "answer message:delete": {
      /** @description The message, which is durable, as the caller sees it. */
      message: components['schemas']['Message'];
    };
    /** @description The argument of `message:edit`. */
    "client message:edit": {
      /** @description Its new text: 1 to 8,000 Unicode code points, not blank. */
      content: string;
      /** @description Which message. */
      messageId: components['schemas']['MessageId'];
    };
    /** @description The argument of `message:react`. */
    "client message:react": {
      /** @description Which emoji: 1 to 32 characters without white space. */
      emoji: string;
      /** @description Which message. */
      messageId: components['schemas']['MessageId'];
      /** @description Put, or taken away. */
      on: boolean;
    };
    /** @description The acknowledgement of `message:react`. */
    "answer message:react": {
      /** @description All emoji under the message, with the caller's own. */
      reactions: readonly components['schemas']['Reaction'][];
    };
    /** @description The argument of `message:read`. */
    "client message:read": {
      /** @description Which room. */
      roomId: components['schemas']['RoomId'];
      /**
       * Format: int64
       * @description The newest message that has been read; only moves forward.
       */
      seq: number;
    };
    /** @description The acknowledgement of `message:read`. */
    "answer message:read": {
      /**
       * Format: int64
       * @description The newest message that the caller has read.
       */
      lastReadSeq: number;
      /**
       * Format: int64
       * @description Messages after it.
       */
      unread: number;
      /**
       * Format: int64
       * @description Those of them that mention the caller.
       */
      unreadMentions: number;
    };
    /** @description The argument of `message:send`. */
    "client message:send": components['schemas']['Draft'] & {
      /** @description Where to. */
      roomId: components['schemas']['RoomId'];
    };
    /** @description The argument of `presence:update`, where it is not just the status. */
    "client presence:update": {
      /** @description `online`, `away` or `busy`. */
      status: components['schemas']['Status'];
    };
    /** @description The acknowledgement of `presence:update`. */
    "answer presence:update": {
      /** @description What it is now. */
      status: components['schemas']['Status'];
    };
    /** @description `error`: a failure of an event that was sent without a callback. */
    "server error": {
      /** @description What kind of failure. */
      code: components['schemas']['Code'];
      /** @description The event that failed. */
      event: string;
      /** @description What is wrong and what to do. */
      message: string;
      /**
       * Format: int64
       * @description In milliseconds: before then, trying again is of no use.
       */
      retryAfterMs?: number;
    };
    /** @description `message:clapped` */
    "server message:clapped": {
      /** @description Who clapped, each with their new count. */
      by: readonly components['schemas']['ClapsOf'][];
      /** @description Everybody's claps. */
      claps: components['schemas']['Claps'];
      /** @description Which message. */
      id: components['schemas']['MessageId'];
      /**
       * Format: int64
       * @description The room's revision that this took.
       */
      rev: number;
      /** @description Which room. */
      roomId: components['schemas']['RoomId'];
    };
    /** @description `message:deleted` */
    "server message:deleted": {
      /** @description When. Never absent: a deletion is what sets it. */
      deletedAt: components['schemas']['Timestamp'];
      /** @description Which message. Its place stays; its text, mentions and previews are gone. */
      id: components['schemas']['MessageId'];
      /**
       * Format: int64
       * @description The room's revision that this took.
       */
      rev: number;
      /** @description Which room. */
      roomId: components['schemas']['RoomId'];
      /**
       * Format: int64
       * @description Its place.
       */
      seq: number;
    };
    /** @description `message:reacted` */
    "server message:reacted": {
      /** @description Which. */
      emoji: string;
      /** @description Which message. */
      id: components['schemas']['MessageId'];
      /** @description Put, or taken away. */
      on: boolean;
      /** @description All emoji under the message. */
      reactions: readonly components['schemas']['Reaction'][];
      /**
       * Format: int64
       * @description The room's revision that this took.
       */
      rev: number;
      /** @description Which room. */
      roomId: components['schemas']['RoomId'];
      /** @description Who put or took one. */
      userId: components['schemas']['UserId'];
    };
    /** @description `notifications:read` */
    "server notifications:read": {
      /**
       * Format: int64
       * @description How many are unread.
       */
      unread: number;
      /** @description The newest one that the user has marked as read, on whichever device. */
      upTo: components['schemas']['NotificationId'];
    };
    /** @description `presence:changed` */
    "server presence:changed": {
      /** @description When their last socket went; only with `offline`. */
      lastSeen?: components['schemas']['Timestamp'];
      /** @description What it is now. */
      status: components['schemas']['Status'];
      /** @description Who. */
      userId: components['schemas']['UserId'];
    };
    /** @description `resync` */
    "server resync": Record<string, never>;
    /** @description `room:deleted` */
    "server room:deleted": {
      /**
       * Format: int64
       * @description The room's last revision.
       */
      rev: number;
      /** @description Which room. */
      roomId: components['schemas']['RoomId'];
    };
    /** @description `room:occupancy` */
    "server room:occupancy": {
      /** @description How many users are live in it, over all replicas. */
      online: number;
      /** @description Which room. */
      roomId: components['schemas']['RoomId'];
    };
    /** @description `room:read` */
    "server room:read": {
      /**
       * Format: int64
       * @description Up to which message.
       */
      lastReadSeq: number;
      /** @description Which room. */
      roomId: components['schemas']['RoomId'];
      /** @description Who has read it. */
      userId: components['schemas']['UserId'];
    };
    /** @description `room:removed` */
    "server room:removed": {
      /** @description Why. */
      reason: components['schemas']['RemovalReason'];
      /** @description Which room; nothing more of it follows. */
      roomId: components['schemas']['RoomId'];
    };
    /** @description `typing:stop` */
    "server typing:stop": {
      /** @description Where. */
      roomId: components['schemas']['RoomId'];
      /** @description Who. */
      userId: components['schemas']['UserId'];
    };
    /** @description `user:joined`, `user:left`, `typing:user` */
    "server typing:user": {
      /** @description Where. */
      roomId: components['schemas']['RoomId'];
      /** @description Who. */
      userId: components['schemas']['UserId'];
      /** @description Their name. */
      username: string;
    };
  };
}

/** What a client sends: the argument, and what it is acknowledged with. */
export interface ClientEvents {
  /** Become live in a room, and a member of it. Answered after its room:history. */
  'join:room': {
    argument: components['schemas']['client join:room'];
    answer: components['schemas']['answer join:room'];
  };
  /** End the live events of a room; membership stays. */
  'leave:room': {
    argument: components['schemas']['client leave:room'];
    answer: components['schemas']['answer leave:room'];
  };
  /** Clap a message, 50 times at most in all. Gathered for 100 ms and answered after the commit. */
  'message:clap': {
    argument: components['schemas']['client message:clap'];
    answer: components['schemas']['answer message:clap'];
  };
  /** Take a message's text away; its place stays. Answered after its commit. */
  'message:delete': {
    argument: components['schemas']['client message:delete'];
    answer: components['schemas']['answer message:delete'];
  };
  /** Give a message of one's own another text. Answered after its commit. */
  'message:edit': {
    argument: components['schemas']['client message:edit'];
    answer: components['schemas']['answer message:delete'];
  };
  /** Put an emoji under a message, or take it away. Answered after its commit. */
  'message:react': {
    argument: components['schemas']['client message:react'];
    answer: components['schemas']['answer message:react'];
  };
  /** Mark a room as read up to a message; only moves forward. */
  'message:read': {
    argument: components['schemas']['client message:read'];
    answer: components['schemas']['answer message:read'];
  };
  /** Send a message. Answered after its commit. */
  'message:send': {
    argument: components['schemas']['client message:send'];
    answer: components['schemas']['answer message:delete'];
  };
  /** Choose a status; the last choice of any device counts. */
  'presence:update': {
    argument: components['schemas']['client presence:update'];
    answer: components['schemas']['answer presence:update'];
  };
  /** Tell the room that one writes; ends by itself after 5 s. */
  'typing:start': {
    argument: components['schemas']['client leave:room'];
    answer: components['schemas']['answer leave:room'];
  };
  /** Tell the room that one has stopped. */
  'typing:stop': {
    argument: components['schemas']['client leave:room'];
    answer: components['schemas']['answer leave:room'];
  };
}

/** What the server sends. */
export interface ServerEvents {
  /** An event without a callback failed. */
  'error': components['schemas']['server error'];
  /** A job of the user's has moved, or got on: told at most ten times a second a job. Best effort; `updatedAt` says which is newer. */
  'job:update': components['schemas']['JobView'];
  /** People clapped a message; at most ten times a second for one message on a replica. */
  'message:clapped': components['schemas']['server message:clapped'];
  /** A message's text, mentions and previews are gone; its place stays. */
  'message:deleted': components['schemas']['server message:deleted'];
  /** One of the operator's rules has masked or removed a message; for the room's moderators and owners. Best effort. */
  'message:moderated': components['schemas']['Moderated'];
  /** A message was sent; carries the room's next revision. */
  'message:new': components['schemas']['Message'];
  /** Somebody put an emoji under a message, or took it away. */
  'message:reacted': components['schemas']['server message:reacted'];
  /** A message was edited, or a worker found something in it: its current state. */
  'message:updated': components['schemas']['Message'];
  /** Something that the user should know of; it is kept, and listed by GET /api/notifications. */
  'notification': components['schemas']['Notification'];
  /** The user has marked notifications as read, on whichever device. */
  'notifications:read': components['schemas']['server notifications:read'];
  /** The status of somebody who shares a live room changed. */
  'presence:changed': components['schemas']['server presence:changed'];
  /** Personal events may have been missed: fetch unread counts, notifications and jobs again. */
  'resync': components['schemas']['server resync'];
  /** The room has ended; nothing more of it follows. */
  'room:deleted': components['schemas']['server room:deleted'];
  /** Carries the socket to a revision of a room: when it joins, and where delivery had to look at the store. */
  'room:history': components['schemas']['RoomHistory'];
  /** How many are live in a room of more than 200, at most once a second. */
  'room:occupancy': components['schemas']['server room:occupancy'];
  /** Somebody has read the room up to a message. */
  'room:read': components['schemas']['server room:read'];
  /** The user is in the room no more; nothing more of it follows. */
  'room:removed': components['schemas']['server room:removed'];
  /** The room's name, topic or visibility is another. */
  'room:updated': components['schemas']['Room'];
  /** A user has stopped writing. */
  'typing:stop': components['schemas']['server typing:stop'];
  /** A user writes. */
  'typing:user': components['schemas']['server typing:user'];
  /** A user's first socket is live in the room. */
  'user:joined': components['schemas']['server typing:user'];
  /** A user's last socket is no longer live in the room. */
  'user:left': components['schemas']['server typing:user'];
}
