# Elasticsearch, Cassandra and ClickHouse by their sync clients.
import clickhouse_connect
from cassandra.cluster import Cluster
from elasticsearch import Elasticsearch
from fastapi import FastAPI

app = FastAPI()
es = Elasticsearch("http://localhost:9200")
cluster = Cluster(["10.0.0.1"])


@app.get("/search")
async def search(q: str):  #: endpoint GET /search blocks Elasticsearch.search=error
    return es.search(index="articles", query={"match": {"text": q}})["hits"]


@app.get("/events")
async def events():  #: endpoint GET /events blocks Cluster.connect=error Session.execute=error …
    session = cluster.connect("logs")
    return [row.name for row in session.execute("select name from events")]


@app.get("/totals")
async def totals():  #: endpoint GET /totals blocks clickhouse_connect.get_client=error Client.query=error
    return clickhouse_connect.get_client(host="ch").query("select 1").result_rows
