// Stands here until notifications do.
export function NotificationsButton() {
  return null;
}
