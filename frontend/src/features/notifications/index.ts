// What the page shows of notifications.
export { NotificationsButton } from './NotificationsButton';
