import { describeImport, ImportingCheckout } from './import-items';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(600_000);

// The operations suite does the same with 100,000 items, which takes the emulator too long for every change.
describeWithLocalAws('a table from 2,000 imported items', () => {
  const importing = new ImportingCheckout(2_000);
  beforeAll(() => importing.open());
  afterAll(() => importing.close());

  describeImport(importing);
});
