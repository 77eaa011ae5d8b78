# PyMySQL and mysqlclient.
import MySQLdb
import pymysql
from fastapi import FastAPI

app = FastAPI()


@app.get("/pymysql")
async def by_pymysql():  #: endpoint GET /pymysql blocks pymysql.connect=error …
    connection = pymysql.connect(host="db", user="app", database="shop")
    with connection.cursor() as cursor:
        cursor.execute("select name from items")
        return cursor.fetchall()


@app.get("/mysqlclient")
async def by_mysqlclient():  #: endpoint GET /mysqlclient blocks MySQLdb.connect=error …
    cursor = MySQLdb.connect(host="db").cursor()
    cursor.execute("select name from items")
    return cursor.fetchall()
