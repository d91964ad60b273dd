export async function runTour(_options: { json: boolean }): Promise<boolean> {
  return false;
}
