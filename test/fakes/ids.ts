/** UUIDs in a row: `00000000-0000-4000-8000-000000000001`, … */
export function fakeIds(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `00000000-0000-4000-8000-${String(count).padStart(12, "0")}`;
  };
}
