import { describeImportRoad, ImportRoad } from './import-items';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(600_000);

// The operations suite goes the same road with 100,000 records, which takes the emulator too long for every change.
describeWithLocalAws('a table from 2,000 imported records', () => {
  const road = new ImportRoad(2_000);
  beforeAll(() => road.open());
  afterAll(() => road.close());

  describeImportRoad(road);
});
