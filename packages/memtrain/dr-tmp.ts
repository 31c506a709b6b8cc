import { main } from './src/main.ts';
const code = await main(process.argv.slice(2));
console.log('peak GB', (process.resourceUsage().maxRSS * 1024 / 1e9).toFixed(2), 'now GB', (process.memoryUsage().rss / 1e9).toFixed(2));
process.exit(code);
