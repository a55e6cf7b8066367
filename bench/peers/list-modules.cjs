// Prints the file of every CommonJS module that the process has loaded, when it ends.
process.once('exit', () => process.stdout.write(Object.keys(require.cache).join('\n')));
