"""The data catalogue over the exports: a table for each dataset, and saved queries over them.

A table reads what the links of committed batches name (one text file for each batch and dataset, with the address of
its Parquet file), so a query sees whole batches only. Partitions follow from the query: nobody has to register one.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from constructs import Construct

from infra.catalog_tables import CATALOG_TABLES
from infra.names import pascal

DATABASE = "spine_finance"
QUERIES = Path(__file__).parent / "queries"
_PARTITIONS = ("tenant", "entity", "business_date")


class Catalog(Construct):
    """What Amazon Athena knows of the exports."""

    def __init__(self, scope: Construct, id: str, *, bucket_name: str) -> None:
        super().__init__(scope, id)
        account = Stack.of(self).account
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=DATABASE, description="What finance takes home: the export of every closed and open date."
            ),
        )
        for table, columns in CATALOG_TABLES.items():
            made = glue.CfnTable(
                self,
                f"{pascal(table)}Table",
                catalog_id=account,
                database_name=DATABASE,
                table_input=_table(bucket_name, table, columns),
            )
            made.add_dependency(database)
        for path in sorted(QUERIES.glob("*.sql")):
            text = path.read_text(encoding="utf-8")
            query = athena.CfnNamedQuery(
                self,
                f"{pascal(path.stem)}Query",
                database=DATABASE,
                name=path.stem,
                description=text.splitlines()[0].removeprefix("-- "),
                query_string=text,
            )
            query.add_dependency(database)


def _table(bucket_name: str, table: str, columns: dict[str, str]) -> glue.CfnTable.TableInputProperty:
    links = f"s3://{bucket_name}/finance/v1"
    return glue.CfnTable.TableInputProperty(
        name=table,
        table_type="EXTERNAL_TABLE",
        partition_keys=[glue.CfnTable.ColumnProperty(name=name, type="string") for name in _PARTITIONS],
        parameters={
            "EXTERNAL": "TRUE",
            "projection.enabled": "true",
            "projection.tenant.type": "injected",
            "projection.entity.type": "injected",
            "projection.business_date.type": "date",
            "projection.business_date.format": "yyyy-MM-dd",
            "projection.business_date.range": "2026-01-01,NOW+2DAYS",
            "storage.location.template": (
                f"{links}/tenant=${{tenant}}/links/dataset={table}/entity=${{entity}}/business_date=${{business_date}}/"
            ),
        },
        storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
            columns=[glue.CfnTable.ColumnProperty(name=name, type=kind) for name, kind in columns.items()],
            location=f"{links}/",
            input_format="org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",
            output_format="org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat",
            serde_info=glue.CfnTable.SerdeInfoProperty(
                serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
            ),
        ),
    )
