// The shapes that the server sends and takes, by the names that they have here; what they are is made of its own descriptions.
import type { ClientEvents, components, ServerEvents } from './wire.generated.js';

export type { ClientEvents, ServerEvents };

type Wire = components['schemas'];
/** What is an interface is called by its name in an editor and in the compiler's complaints. */
type Named<Name extends keyof Wire> = Wire[Name];

export type Status = Wire['Status'];
export interface User extends Named<'User'> {}
export type Visibility = Wire['Visibility'];
export type Role = Wire['Role'];
/** With what is the asking member's own, which is never in an event. */
export interface RoomInfo extends Named<'RoomView'> {}
export type RoomsPage = Wire['RoomsAnswer'];
export type Member = Wire['MemberAnswer'];
export type MembersPage = Wire['MembersAnswer'];
export type Typist = Wire['Typist'];

/** `mine` is the reader's own, and never in an event. */
export type Claps = Wire['Claps'];
/** `mine` is the reader's own, and never in an event. */
export type Reaction = Wire['Reaction'];
export type Preview = Wire['Preview'];
export interface Message extends Named<'Message'> {}
export type HistoryPage = Wire['MessagesAnswer'];
export type History = ServerEvents['room:history'];
export type Deletion = ServerEvents['message:deleted'];
export type Clapped = ServerEvents['message:clapped'];
export type Reacted = ServerEvents['message:reacted'];
/** A message that one of the operator's rules has changed. */
export type Moderated = Wire['Moderated'];

export type NotificationKind = Wire['NotificationKind'];
export interface Notification extends Named<'Notification'> {}
export type NotificationsPage = Wire['NotificationsAnswer'];
export interface Job extends Named<'JobView'> {}
export type JobRequest = Wire['JobRequest'];

export type JoinAnswer = ClientEvents['join:room']['answer'];
export type ReadAnswer = ClientEvents['message:read']['answer'];
export type SignInAnswer = Wire['SessionAnswer'];

export type Code = Wire['Code'];
export type WireError = Wire['Problem'];
/** What every event is acknowledged with. */
export type Ack<T> = ({ ok: true } & T) | { ok: false; error: WireError };

/** The most Unicode code points that a message may have. */
export const LONGEST_MESSAGE = 8000;
/** The most characters that a username may have. */
export const LONGEST_NAME = 32;
/** A user's claps on one message stop here. */
export const MOST_CLAPS = 50;
/** The most different emoji under one message. */
export const MOST_EMOJI = 20;
/** The most characters that a room's name and topic may have. */
export const LONGEST_ROOM_NAME = 80;
export const LONGEST_TOPIC = 500;
