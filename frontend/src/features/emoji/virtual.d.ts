// Where the build puts the emoji files: see emoji-data.ts beside the Vite configuration.
declare module 'virtual:emoji-data' {
  export const picker: string;
  export const names: string;
}
