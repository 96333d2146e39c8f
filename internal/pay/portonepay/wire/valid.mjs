// Holds values to schemas of an OpenAPI description: standard input is [{ schema, value }], the argument the description,
// the output a list of faults per value.
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import formats from "ajv-formats";

const description = JSON.parse(readFileSync(process.argv[2], "utf8"));

// OpenAPI's discriminator decides which of the alternatives a value must be; without it several would fit.
for (const schema of Object.values(description.components.schemas)) {
  const { oneOf, discriminator } = schema;
  if (!oneOf || !discriminator?.mapping) continue;
  schema.oneOf = Object.entries(discriminator.mapping).map(([value, $ref]) => ({
    required: [discriminator.propertyName],
    properties: { [discriminator.propertyName]: { const: value } },
    allOf: [{ $ref }],
  }));
  delete schema.discriminator;
}

const ajv = new Ajv({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(description, "description");
const faults = JSON.parse(readFileSync(0, "utf8")).map(({ schema, value }) => {
  const validate = ajv.compile({ $ref: `description#/components/schemas/${schema}` });
  return validate(value) ? [] : validate.errors.map((e) => `${e.instancePath} ${e.message}`);
});
console.log(JSON.stringify(faults));
