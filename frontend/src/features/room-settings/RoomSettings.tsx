// What there is to know and to change about a room: what it is, its history as a file, and what the operator's rules have done.
import { mayManage, type RoomInfo } from '@belfry/client';
import { useRoom } from '@belfry/react';
import { useState } from 'react';
import { Dialog } from '../../design/Dialog';
import { Tabs } from '../../design/Tabs';
import { AboutRoom } from './AboutRoom';
import { DeleteRoom } from './DeleteRoom';
import { Exports } from './Exports';
import { ModerationLog } from './ModerationLog';
import './room-settings.css';

export type SettingsPart = 'about' | 'export' | 'moderation';

export interface RoomSettingsProps {
  part: SettingsPart;
  onPart(part: SettingsPart): void;
  onLeave(): void;
  onClose(): void;
}

const ABOUT = { value: 'about', label: 'Room' } as const;
const EXPORT = { value: 'export', label: 'Export' } as const;
const MODERATION = { value: 'moderation', label: 'Moderation' } as const;

export function RoomSettings({ part, onPart, onLeave, onClose }: RoomSettingsProps) {
  const { info } = useRoom();
  const [ending, setEnding] = useState(false);
  if (!info) return null;
  if (ending) return <DeleteRoom name={info.name} onClose={onClose} />;

  const parts = partsFor(info);
  const shown = parts.some(({ value }) => value === part) ? part : 'export';
  return (
    <Dialog title={titleFor(info)} onClose={onClose}>
      {parts.length === 1 ? (
        <Exports />
      ) : (
        <div className="settings-tabs">
          <Tabs label="Parts of the settings" tabs={parts} value={shown} onChoose={onPart}>
            {shown === 'about' && (
              <AboutRoom info={info} onLeave={onLeave} onDelete={() => setEnding(true)} onClose={onClose} />
            )}
            {shown === 'export' && <Exports />}
            {shown === 'moderation' && <ModerationLog onClose={onClose} />}
          </Tabs>
        </div>
      )}
    </Dialog>
  );
}

function partsFor(info: RoomInfo) {
  if (info.visibility === 'direct') return [EXPORT];
  return mayManage(info) ? [ABOUT, EXPORT, MODERATION] : [ABOUT, EXPORT];
}

function titleFor(info: RoomInfo): string {
  if (info.visibility === 'direct') return 'Export history';
  return mayManage(info) ? 'Room settings' : 'About this room';
}
