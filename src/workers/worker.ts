/** The worker thread's own file. */
import { parentPort, workerData } from 'node:worker_threads';
import { openRecipe, type Recipe, spacesOfRecipe } from './recipe.ts';
import { type Port, serve } from './serve.ts';

const recipe = workerData as Recipe;
serve(parentPort as unknown as Port, async () => {
  const image = await openRecipe(recipe);
  return { image, spaces: spacesOfRecipe(recipe, image) };
});
