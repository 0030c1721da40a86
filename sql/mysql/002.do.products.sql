-- A product is known by its name. The first order of a name makes the product, in the order's own transaction.
CREATE TABLE IF NOT EXISTS products (
  product_id BIGINT NOT NULL AUTO_INCREMENT,
  product_name VARCHAR(255) NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
  PRIMARY KEY (product_id),
  UNIQUE KEY products_name (product_name),
  CONSTRAINT products_name_not_empty CHECK (product_name <> '')
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;
